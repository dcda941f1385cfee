import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { now } from '../clock.ts';
import { type Backlog, startWorker } from './worker.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] }));
afterEach(() => void vi.useRealTimers());

/** When each operation was due, the first of which takes 35 ms of a schedule of 10. */
async function dueTimes(backlog: Backlog): Promise<readonly number[]> {
  const startAt = now();
  const worker = startWorker(
    (_, sequence) => new Promise((resolve) => setTimeout(resolve, sequence === 0 ? 35 : 0)),
    { worker: 0, everyMs: 10, startAt, backlog },
  );
  await vi.advanceTimersByTimeAsync(59);
  const stopped = worker.stop();
  await vi.advanceTimersByTimeAsync(20);
  await stopped;
  return worker.records.map(({ scheduledAt }) => Math.round(scheduledAt - startAt));
}

it('makes up for what fell due while it waited, or drops all but the latest', async () => {
  expect(await dueTimes('follows')).toEqual([0, 10, 20, 30, 40, 50]);
  expect(await dueTimes('dropped')).toEqual([0, 30, 40, 50]);
});
