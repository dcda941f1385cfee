/**
 * ms; the longest time without anything served, from just before the fault until the end. Infinity if nothing came
 * after the fault.
 */
export function longestSilence(served: readonly number[], faultAt: number, endAt: number): number {
  const times = [...served].sort((a, b) => a - b);
  const before = times.findLast((at) => at <= faultAt) ?? faultAt;
  const during = times.filter((at) => at > faultAt && at <= endAt);
  if (during.length === 0) return Infinity;
  let longest = 0;
  let last = before;
  for (const at of [...during, endAt]) {
    longest = Math.max(longest, at - last);
    last = at;
  }
  return longest;
}
