import { describe, expect, it } from 'vitest';
import { checkPubSub, type PubSubVerdict } from './check-pub-sub.ts';
import type { GapRecord, HeardRecord, PublishRecord, PubSubRecord, Subscriber } from './pub-sub-record.ts';

/** Message n is published at n × 10 and acknowledged 5 later. */
const publish = (n: number, changes: Partial<PublishRecord> = {}): PublishRecord => ({
  ...{ f: 'publish', index: n, worker: 0, process: 'p', key: 'news', value: String(n) },
  ...{ scheduledAt: n * 10, invokedAt: n * 10, endedAt: n * 10 + 5, outcome: 'ok' },
  ...changes,
});
const hear = (n: number, subscriber = 's'): HeardRecord => ({
  ...{ f: 'heard', subscriber, key: 'news', value: String(n), at: n * 10 + 6 },
});
const gap = (from: number, to: number): GapRecord => ({ f: 'gap', subscriber: 's', from, to });
const untold: Subscriber = { name: 's', key: 'news', isTold: false, isOrdered: true };
const told: Subscriber = { ...untold, isTold: true };

const ten = Array.from({ length: 10 }, (_, n) => publish(n));
const steady = [
  { from: 0, to: 30 },
  { from: 60, to: 99 },
];
const judge = (heard: readonly PubSubRecord[], subscriber = untold, published = ten): PubSubVerdict =>
  checkPubSub([...published, ...heard], [subscriber], { steady });
const heardBut = (...missing: readonly number[]): readonly HeardRecord[] =>
  ten.map((_, n) => n).flatMap((n) => (missing.includes(n) ? [] : [hear(n)]));

describe('publish and subscribe', () => {
  it('is valid if what is missed was published between steady times', () => {
    const verdict = judge(heardBut(3, 4, 5));
    expect(verdict).toMatchObject({ isValid: true, failures: [], missed: 3, heard: 7 });
  });

  it('is dead if nothing is heard of what was published in a steady period', () => {
    const verdict = judge(heardBut(3, 4, 5, 6, 7, 8, 9));
    expect(verdict).toMatchObject({ isValid: false, dead: { count: 1 }, missedInSteady: { count: 0 } });
    expect(verdict.failures).toEqual([
      '1 subscriptions silently dead, first news 6: s heard none of 4 from 60 to 99',
    ]);
  });

  it('is dead for one subscriber though another hears', () => {
    const both = [untold, { ...untold, name: 't' }];
    const verdict = checkPubSub([...ten, ...heardBut()], both, { steady });
    expect(verdict.dead.examples.map(({ what }) => what)).toEqual([
      't heard none of 3 from 0 to 30',
      't heard none of 4 from 60 to 99',
    ]);
  });

  it('misses what was published in a steady period while others were heard', () => {
    expect(judge(heardBut(7))).toMatchObject({ missedInSteady: { count: 1 }, dead: { count: 0 } });
  });

  it('owes nothing whose publisher was not acknowledged', () => {
    const published = ten.map((record) => ({ ...record, outcome: 'unknown' as const }));
    expect(judge([], untold, published).isValid).toBe(true);
  });

  it('may miss nothing outside of the gaps of which it was told', () => {
    expect(judge([...heardBut(3, 4), gap(34, 41)], told).isValid).toBe(true);
    expect(judge([...heardBut(3, 4), gap(34, 39)], told).missedUntold.count).toBe(1);
    expect(judge(heardBut(3), told).missedUntold.count).toBe(1);
  });

  it('grants the two sockets of a process some tolerance around a gap', () => {
    const history = [...ten, ...heardBut(3, 4), gap(34, 39)];
    expect(checkPubSub(history, [told], { steady, toleranceMs: 1 }).isValid).toBe(true);
  });

  it('hears each message once', () => {
    expect(judge([...heardBut(), hear(4)])).toMatchObject({ isValid: false, doubled: { count: 1 } });
  });

  it('hears one publisher in its order, except what nobody knew to be under way', () => {
    const late = [...heardBut(4), hear(4)];
    expect(judge(late)).toMatchObject({ isValid: false, reordered: { count: 1 } });
    const published = ten.map((record, n) => (n === 4 ? publish(4, { outcome: 'unknown' }) : record));
    expect(judge(late, untold, published).isValid).toBe(true);
    expect(judge(late, { ...untold, isOrdered: false }).isValid).toBe(true);
    const others = ten.map((record, n) => (n === 4 ? publish(4, { worker: 1 }) : record));
    expect(judge(late, untold, others).isValid).toBe(true);
  });

  it('hears late, by no fault of a client, what a node took right before it stopped and passed on when it went on', () => {
    const late = (at: number, heard = heardBut(4)): readonly PubSubRecord[] => [...heard, { ...hear(4), at }];
    const judgeStopped = (
      history: readonly PubSubRecord[],
      { from = 46, to = 100, concerns = (): boolean => true } = {},
    ) =>
      checkPubSub([...ten, ...history], [untold], {
        steady,
        acts: [{ type: 'stopped', from, to, concerns }],
      });
    const byBackend = { isValid: true, reordered: { count: 0 }, reorderedByBackend: { count: 1 } };
    const byUs = { isValid: false, reordered: { count: 1 }, reorderedByBackend: { count: 0 } };
    expect(judgeStopped(late(101))).toMatchObject(byBackend);
    // Before the node went on, or long after; published at another, or only when it had stopped, or long before.
    expect(judgeStopped(late(99))).toMatchObject(byUs);
    expect(judgeStopped(late(1_101))).toMatchObject(byUs);
    expect(judgeStopped(late(101), { concerns: () => false })).toMatchObject(byUs);
    expect(judgeStopped(late(101), { from: 39 })).toMatchObject(byUs);
    expect(judgeStopped(late(601), { from: 296, to: 600 })).toMatchObject(byUs);
    // Who heard nothing of the meantime may have been at the very node.
    const silent = heardBut(4).map((each) => (each.at > 46 ? { ...each, at: 100 + each.at / 100 } : each));
    expect(judgeStopped(late(102, silent))).toMatchObject(byUs);
  });

  it('hears late, by no fault of a client, what a node passed on that was replaced', () => {
    const judgeReplaced = (
      receivers: number,
      { from = 44, to = 99, concerns = (): boolean => true } = {},
      at = 80,
    ) => {
      const published = ten.map((record, n) =>
        n === 4 ? { ...record, receivers } : { ...record, receivers: 1 },
      );
      const heard = [...heardBut(4), { ...hear(4), at }];
      return checkPubSub([...published, ...heard], [untold], {
        steady: [],
        acts: [{ type: 'replaced', from, to, concerns }],
      });
    };
    const byBackend = { isValid: true, reordered: { count: 0 }, reorderedByBackend: { count: 1 } };
    const byUs = { isValid: false, reordered: { count: 1 }, reorderedByBackend: { count: 0 } };
    expect(judgeReplaced(0)).toMatchObject(byBackend);
    // Its node had the subscriber itself, or was not replaced, or at another time, or it came much later.
    expect(judgeReplaced(1)).toMatchObject(byUs);
    expect(judgeReplaced(0, { concerns: () => false })).toMatchObject(byUs);
    expect(judgeReplaced(0, { from: 46 })).toMatchObject(byUs);
    expect(judgeReplaced(0, {}, 1_046)).toMatchObject(byUs);
  });

  it('hears twice, by no fault of a client, what two nodes pass on while it changes from one to the other', () => {
    const judgeSwitched = (
      again: readonly number[],
      { from = 40, to = 2_000, concerns = (): boolean => true } = {},
    ) =>
      checkPubSub([...ten, ...heardBut(), ...again.map((at) => ({ ...hear(4), at }))], [untold], {
        steady,
        acts: [{ type: 'switched', from, to, concerns }],
      });
    const byBackend = { isValid: true, doubled: { count: 0 }, doubledByBackend: { count: 1 } };
    const byUs = { isValid: false, doubled: { count: 1 }, doubledByBackend: { count: 0 } };
    expect(judgeSwitched([100])).toMatchObject(byBackend);
    // Who stayed where it was, before or after it changed, or much later.
    expect(judgeSwitched([100], { concerns: () => false })).toMatchObject(byUs);
    expect(judgeSwitched([100], { from: 101 })).toMatchObject(byUs);
    expect(judgeSwitched([100], { to: 99 })).toMatchObject(byUs);
    expect(judgeSwitched([1_047])).toMatchObject(byUs);
    // There are only two nodes between which it changed.
    expect(judgeSwitched([100, 101])).toMatchObject({
      doubled: { count: 1 },
      doubledByBackend: { count: 1 },
    });
  });

  it('hears nothing that was not published, or was told as not executed', () => {
    expect(judge([...heardBut(), hear(10)])).toMatchObject({ isValid: false, phantom: { count: 1 } });
    const published = ten.map((record, n) => (n === 4 ? publish(4, { outcome: 'refused' }) : record));
    expect(judge(heardBut(), untold, published).phantom.count).toBe(1);
  });

  it('settles each publish', () => {
    const { outcome: _outcome, endedAt: _endedAt, ...open } = publish(10);
    expect(judge(heardBut(), untold, [...ten, open])).toMatchObject({
      isValid: false,
      unsettled: { count: 1 },
    });
  });
});
