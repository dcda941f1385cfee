import type { HashRange, TopologyDescription } from '@failover/core';
import { emptyTopology, noClaim, target, withTarget } from '@failover/core';
import { BehaviorSubject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createShardNames } from './shard-names.ts';

const ranges = (shard: string, ...own: readonly HashRange[]) => ({
  ...target(shard, 'primary'),
  state: 'steady' as const,
  since: 0,
  claim: noClaim,
  fence: 0,
  ranges: own,
});

/** A clock that stands still until it is told the time. */
function clock() {
  const due = new Map<() => void, number>();
  return {
    after(ms: number, callback: () => void) {
      due.set(callback, ms);
      return () => due.delete(callback);
    },
    advance(to: number) {
      for (const [callback, ms] of [...due]) {
        if (ms > to) continue;
        due.delete(callback);
        callback();
      }
    },
    get timers() {
      return due.size;
    },
  };
}

function open() {
  const topology$ = new BehaviorSubject<TopologyDescription>(emptyTopology('redis'));
  const time = clock();
  const names = createShardNames({ topology$ }, time, 5000);
  const see = (shard: string, ...own: readonly HashRange[]): void => {
    topology$.next(withTarget(topology$.value, ranges(shard, ...own)));
  };
  return { names, time, see };
}

describe('the names of shards', () => {
  it('are waited for until all slots have somebody', async () => {
    const { names, see } = open();
    const found = names.wait();
    see('a', [0, 8191]);
    let isFound = false;
    void found.then(() => (isFound = true));
    await Promise.resolve();
    expect(isFound).toBe(false);
    see('b', [8192, 16_383]);
    expect(await found).toBe('a');
    expect([names.find('b'), names.find('c')]).toEqual(['b', undefined]);
  });

  it('are taken as they are when others do not come within a second', async () => {
    const { names, time, see } = open();
    const found = names.wait();
    see('a', [0, 100]);
    time.advance(1000);
    expect(await found).toBe('a');
    expect(await names.wait()).toBe('a');
  });

  it('are not waited for without end, nor after the close, and leave no timer', async () => {
    const { names, time } = open();
    const late = names.wait();
    time.advance(5000);
    await expect(late).rejects.toMatchObject({ name: 'NotSentError' });
    const closed = names.wait();
    names.close();
    await expect(closed).rejects.toMatchObject({ code: 'closed' });
    expect(time.timers).toBe(0);
  });
});
