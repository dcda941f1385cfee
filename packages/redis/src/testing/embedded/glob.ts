/**
 * Redis's own patterns: `*`, `?`, `[abc]`, `[^a-c]` and a backslash before what is meant as it is.
 * @example matchesGlob('news.*', 'news.de') // true
 */
export function matchesGlob(pattern: string, text: string): boolean {
  return new RegExp(`^${sourceOf(pattern)}$`, 's').test(text);
}

function sourceOf(pattern: string): string {
  let source = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at] ?? '';
    const close = char === '[' ? pattern.indexOf(']', at + 1) : -1;
    if (char === '*') source += '.*';
    else if (char === '?') source += '.';
    else if (close > at) {
      source += `[${pattern.slice(at + 1, close).replace(/\\/g, '\\\\')}]`;
      at = close;
    } else if (char === '\\' && at + 1 < pattern.length) {
      at += 1;
      source += escaped(pattern[at] ?? '');
    } else source += escaped(char);
  }
  return source;
}

function escaped(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
