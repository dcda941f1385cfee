/** `*` is one word, `#` any number of them; words are parted by dots. */
export function matchesTopic(pattern: string, key: string): boolean {
  if (pattern === '#') return true;
  return matchesWords(wordsOf(pattern), 0, wordsOf(key), 0);
}

/** An empty key has no words at all. */
const wordsOf = (key: string): readonly string[] => (key === '' ? [] : key.split('.'));

function matchesWords(
  pattern: readonly string[],
  at: number,
  words: readonly string[],
  from: number,
): boolean {
  const word = pattern[at];
  if (word === undefined) return from === words.length;
  if (word === '#') {
    for (let next = from; next <= words.length; next += 1) {
      if (matchesWords(pattern, at + 1, words, next)) return true;
    }
    return false;
  }
  return (
    from < words.length &&
    (word === '*' || word === words[from]) &&
    matchesWords(pattern, at + 1, words, from + 1)
  );
}
