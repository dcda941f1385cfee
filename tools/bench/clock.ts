/** Milliseconds of CLOCK_MONOTONIC: one clock for all processes of a machine, so their times can be compared. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, durationMs)));
}

/** Asks until it is so. @throws Error naming what was awaited if the time is over. */
export async function until(
  what: string,
  limitMs: number,
  isSo: () => Promise<boolean>,
  everyMs = 25,
): Promise<void> {
  const deadline = now() + limitMs;
  while (!(await isSo().catch(() => false))) {
    if (now() > deadline) throw new Error(`gave up after ${String(limitMs)} ms: ${what}`);
    await pause(everyMs);
  }
}

/** The value, or undefined once the time is over: nothing in a bench may wait for ever. */
export function within<T>(limitMs: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined);
    }, limitMs);
  });
  return Promise.race([promise, limit]).finally(() => {
    clearTimeout(timer);
  });
}
