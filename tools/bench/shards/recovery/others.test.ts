import { describe, expect, it } from 'vitest';
import type { OperationRecord } from '../../load/operation.ts';
import { latenciesIn, p99Of, p99OfRuns, slowestIn, windowsAround } from './others.ts';

const operation = (
  scheduledAt: number,
  endedAt: number,
  outcome: OperationRecord['outcome'] = 'ok',
): OperationRecord => ({
  ...{ worker: 0, value: 'v', invokedAt: scheduledAt, scheduledAt, endedAt, outcome },
});

describe('what becomes of the other shards', () => {
  it('is compared with an equally long time that ended before the fault', () => {
    expect(windowsAround(10_000, 12_500)).toEqual({
      calm: { from: 7480, to: 9980 },
      during: { from: 10_000, to: 12_500 },
    });
  });

  it('counts from when an operation was due, and a failed one as one that took for ever', () => {
    const records = [
      operation(999, 1001),
      operation(1000, 1003),
      operation(1500, 1501, 'unknown'),
      operation(1600, 9000, 'unsettled'),
      operation(2000, 2001),
    ];
    expect(latenciesIn(records, { from: 1000, to: 2000 })).toEqual([3, Infinity, Infinity]);
  });

  it('is told by the slowest, and when they were due', () => {
    const records = [
      operation(1010, 1012),
      operation(1020, 1029),
      operation(1030, 1031),
      operation(1040, 1045),
    ];
    expect(slowestIn(records, { from: 1000, to: 2000 }, 2)).toEqual([
      { dueMs: 20, tookMs: 9 },
      { dueMs: 40, tookMs: 5 },
    ]);
  });

  it('is a ratio of p99s', () => {
    const calm = Array.from({ length: 101 }, (_, at) => at);
    expect(p99Of({ calm, during: calm.map((latency) => latency * 2) })).toEqual({
      calm: 99,
      during: 198,
      ratio: 2,
    });
  });

  it('is told of all runs together, and how far the ratio depends on which runs there were', () => {
    const calm = Array.from({ length: 101 }, (_, at) => at);
    const run = (times: number) => ({ calm, during: calm.map((latency) => latency * times) });
    expect(p99OfRuns([run(2), run(2)])).toEqual({ calm: 99, during: 198, ratio: 2, low: 2, high: 2 });
    const { ratio, low, high } = p99OfRuns([run(1), run(3)]);
    expect([low, high]).toEqual([1, 3]);
    expect(ratio).toBeGreaterThan(2);
  });
});
