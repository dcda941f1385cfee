/** The same answer for each of several commands. */
export function repeated(bytes: Buffer, count: number): Buffer {
  return count === 1 ? bytes : Buffer.concat(Array.from({ length: count }, () => bytes));
}
