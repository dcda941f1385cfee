/** What Redis takes for HTTP, and so do we: a page in a browser can send commands, as the body of a request. */
const firstWords: ReadonlySet<string> = new Set(['post', 'host:']);
const longestWord = 'host:'.length;

/**
 * Is this command the line of a request? A server closes the connection over it, which may be no client's alone. It
 * reads the name up to a NUL.
 * @see Redis, securityWarningCommand
 */
export function isHttp(name: Uint8Array): boolean {
  const [word = ''] = Buffer.from(name.subarray(0, longestWord + 1))
    .toString('latin1')
    .toLowerCase()
    .split('\0', 1);
  return firstWords.has(word);
}
