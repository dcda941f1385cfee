import { performance } from 'node:perf_hooks';

/** ms; far more than it takes: elections wait for each other on a busy machine. */
const limitMs = 60_000;

/** Awaits a condition of real servers, which take their time. */
export const until = untilWith(() => []);

/** @param seen what happened before, for whoever asks why it did not come to that */
export function untilWith(seen: () => readonly unknown[]) {
  return async (condition: () => boolean | Promise<boolean>): Promise<void> => {
    const limit = performance.now() + limitMs;
    while (!(await condition())) {
      if (performance.now() > limit) {
        const lines = seen().map((each) => JSON.stringify(each));
        throw new Error([`it did not happen in ${limitMs} ms`, ...lines].join('\n'));
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
}
