import { describe, expect, it } from 'vitest';
import type { Delivery, LoadLog } from '../load/orders.ts';
import type { QueueLog } from '../prober/orders.ts';
import { firstAfter, judge, type RunFacts } from './judge.ts';

const kill: RunFacts = { fault: 'kill', faultAt: 1000, endAt: 5000 };
const served = (publishedAt: number, at: number) => ({ publishedAt, at });
const delivery = (id: string, publishedAt: number, at: number, by: Delivery['by'] = 'load'): Delivery => ({
  ...{ by, id, publishedAt, at },
  redelivered: false,
  resent: false,
});
const load = (log: Partial<LoadLog>): LoadLog => ({
  ...{ publications: [], deliveries: [], closings: [], crashes: [], worstLagMs: 0 },
  ...log,
});
const probe = (log: Partial<QueueLog>): QueueLog => ({
  ...{ queue: 'q', confirms: [], deliveries: [], isDrained: true },
  ...log,
});

describe('the gap of an outage', () => {
  it('ends with the first that was published after the fault, not with what was under way', () => {
    expect(firstAfter(kill, [served(999, 1002), served(1005, 1400), served(1200, 1390)])).toBe(390);
  });

  it('never ends if nothing came until the end of the watch', () => {
    expect(firstAfter(kill, [served(999, 1002), served(1005, 5001)])).toBe(Infinity);
  });
});

describe('the judgement of a run', () => {
  it('subtracts what the broker itself took, and calls less than that 0', () => {
    const found = judge(
      kill,
      load({
        publications: [{ at: 1010, endedAt: 1500, outcome: 'ok' }],
        deliveries: [delivery('0', 1010, 1501)],
      }),
      probe({
        confirms: [{ server: 's', publishedAt: 1005, at: 1400 }],
        deliveries: [delivery('7', 1005, 1510, 'prober')],
      }),
    );
    expect(found.publish).toEqual({ own: 500, broker: 400, beyond: 100, beyondRaw: 100 });
    expect(found.consume).toEqual({ own: 501, broker: 510, beyond: 0, beyondRaw: -9 });
  });

  it('looks for what was confirmed in both ledgers, and only there for what the load published', () => {
    const found = judge(
      kill,
      load({
        publications: [
          { at: 1010, endedAt: 1500, outcome: 'ok' },
          { at: 1020, endedAt: 1500, outcome: 'ok' },
          { at: 1030, endedAt: 1500, outcome: 'ok' },
          { at: 1040, endedAt: 1500, outcome: 'unknown', error: 'timed out' },
          { at: 1050, outcome: 'unsettled' },
        ],
        deliveries: [delivery('0', 1010, 1501), delivery('2', 1005, 1502, 'prober')],
      }),
      probe({ deliveries: [delivery('1', 1020, 1510)] }),
    );
    expect(found).toMatchObject({ confirmed: 3, lost: 1, unknown: 1, unsettled: 1, published: 5 });
    expect(found.errors).toEqual({ 'unknown: timed out': 1 });
  });
});
