/** ms before the next node is dialled; the first is dialled at once. */
const redialMs = { first: 20, most: 1000 };
/** ms for each client beside us that a first dial waits at most: a killed node's clients spread over this. */
const crowdMs = 0.25;
const maxCrowdMs = 250;

/** ms to wait after so many failures in a row, for one of `crowd` clients. */
export function redialAfterMs(failures: number, crowd: number, random: () => number): number {
  const spread = Math.min(maxCrowdMs, (crowd - 1) * crowdMs) * random();
  const backoff = failures === 0 ? 0 : redialMs.first * 2 ** Math.min(failures - 1, 10);
  return spread + Math.min(redialMs.most, backoff) * (0.5 + random());
}
