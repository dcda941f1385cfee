import { endpoint } from '@failover/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  castVote,
  electedLeader,
  failoverStep,
  frontRunner,
  mayStart,
  noFailover,
  promoted,
  reconfigured,
  startFailover,
  type ElectionView,
  type Failover,
} from './election.ts';

const replica = endpoint('10.0.0.2:6379');
const leading: ElectionView = {
  isLeader: () => true,
  chosen: () => replica,
  isPromotedLinked: true,
  failoverTimeoutMs: 5_000,
};

const events = (step: ReturnType<typeof failoverStep>): readonly string[] =>
  step.orders.map((order) => (order.type === 'announce' ? order.event : order.type));

describe('failover step', () => {
  it('takes one state a tick and promotes the chosen replica', () => {
    let failover = startFailover(7, false, 0.5, 1_000);
    const seen: string[] = [];
    for (let now = 1_000; now < 1_300; now += 100) {
      const step = failoverStep(failover, leading, now);
      failover = step.failover;
      seen.push(...events(step));
    }
    expect(seen).toEqual([
      '+elected-leader',
      '+failover-state-select-slave',
      '+selected-slave',
      '+failover-state-send-slaveof-noone',
      'promote',
      '+failover-state-wait-promotion',
    ]);
    expect(failover).toMatchObject({
      state: 'wait_promotion',
      promoted: replica,
      epoch: 7,
      changedAt: 1_200,
    });
  });

  it('goes on when the replica says master, and ends when the others follow it', () => {
    const waiting: Failover = {
      ...startFailover(1, false, 0, 0),
      state: 'wait_promotion',
      promoted: replica,
    };
    const switched = promoted(waiting, 900);
    expect(events(switched)).toEqual(['+promoted-slave', '+failover-state-reconf-slaves']);
    const ended = reconfigured(switched.failover, 1_900);
    expect(ended.failover.state).toBe('update_config');
    expect(events(ended)).toEqual(['+failover-end']);
  });

  it('believes no promotion that it did not order', () => {
    const selecting: Failover = {
      ...startFailover(1, false, 0, 0),
      state: 'select_slave',
      promoted: undefined,
    };
    expect(promoted(selecting, 900)).toEqual({ failover: selecting, orders: [] });
    expect(reconfigured(selecting, 900)).toEqual({ failover: selecting, orders: [] });
  });

  it.each([
    ['wait_start', '-failover-abort-not-elected', { isLeader: () => false }],
    ['select_slave', '-failover-abort-no-good-slave', { chosen: () => undefined }],
    ['send_slaveof_noone', '-failover-abort-slave-timeout', { isPromotedLinked: false }],
    ['wait_promotion', '-failover-abort-slave-timeout', {}],
  ] as const)('aborts in %s with %s and forgets whom it selected', (state, event, view) => {
    const failover: Failover = { ...startFailover(1, false, 0, 0), state, promoted: replica };
    const step = failoverStep(failover, { ...leading, ...view }, 60_000);
    expect(events(step)).toEqual([event]);
    expect(step.failover).toMatchObject({ state: 'none', promoted: undefined, isForced: false });
  });

  it('asks nobody when it is forced', () => {
    const step = failoverStep(startFailover(1, true, 0, 0), { ...leading, isLeader: () => false }, 0);
    expect(step.failover.state).toBe('select_slave');
  });

  it('tries again only after twice the timeout', () => {
    const failed: Failover = { ...noFailover, startedAt: 1_000 };
    expect(mayStart(noFailover, true, 5_000, 10)).toBe(true);
    expect(mayStart(noFailover, false, 5_000, 10)).toBe(false);
    expect(mayStart(failed, true, 5_000, 10_999)).toBe(false);
    expect(mayStart(failed, true, 5_000, 11_000)).toBe(true);
    expect(mayStart(startFailover(1, false, 0, 0), true, 5_000, 60_000)).toBe(false);
  });
});

describe('votes', () => {
  it('goes to whoever asks first in an epoch', () => {
    const first = castVote({ leader: undefined, epoch: 0 }, 0, { epoch: 1, leader: 'a' });
    expect(first).toEqual({ vote: { leader: 'a', epoch: 1 }, currentEpoch: 1, isCast: true });
    const second = castVote(first.vote, first.currentEpoch, { epoch: 1, leader: 'b' });
    expect(second).toEqual({ vote: { leader: 'a', epoch: 1 }, currentEpoch: 1, isCast: false });
    expect(castVote(second.vote, 1, { epoch: 2, leader: 'b' }).vote).toEqual({ leader: 'b', epoch: 2 });
  });

  it('is not cast in an epoch that has passed', () => {
    const cast = castVote({ leader: undefined, epoch: 0 }, 5, { epoch: 4, leader: 'a' });
    expect(cast).toEqual({ vote: { leader: undefined, epoch: 0 }, currentEpoch: 5, isCast: false });
  });

  it('never elects two leaders in one epoch, whoever asks in whatever order', () => {
    const sentinels = ['a', 'b', 'c', 'd', 'e'];
    const asking = fc.array(
      fc.record({
        voter: fc.constantFrom(...sentinels),
        leader: fc.constantFrom(...sentinels),
        epoch: fc.nat(3),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(asking, (requests) => {
        const votes = new Map(
          sentinels.map((name) => [name, { leader: undefined as string | undefined, epoch: 0 }]),
        );
        const epochs = new Map(sentinels.map((name) => [name, 0]));
        const leaders = new Map<number, string>();
        for (const { voter, leader, epoch } of requests) {
          const before = votes.get(voter) ?? { leader: undefined, epoch: 0 };
          const cast = castVote(before, epochs.get(voter) ?? 0, { epoch, leader });
          votes.set(voter, cast.vote);
          epochs.set(voter, cast.currentEpoch);
          expect(cast.vote.epoch).toBeGreaterThanOrEqual(before.epoch);
          for (const of of [0, 1, 2, 3]) {
            const elected = electedLeader([...votes.values()], of, sentinels.length, 2);
            if (elected === undefined) continue;
            expect(leaders.get(of) ?? elected).toBe(elected);
            leaders.set(of, elected);
          }
        }
      }),
    );
  });

  it('needs more than half of all, and the quorum', () => {
    const votes = ['a', 'a', 'b'].map((leader) => ({ leader, epoch: 1 }));
    expect(electedLeader(votes, 1, 3, 2)).toBe('a');
    expect(electedLeader(votes, 1, 4, 2)).toBeUndefined();
    expect(electedLeader(votes, 1, 3, 3)).toBeUndefined();
    expect(electedLeader(votes, 2, 3, 2)).toBeUndefined();
    expect(frontRunner(votes, 1)).toBe('a');
    expect(frontRunner(votes, 2)).toBeUndefined();
  });
});
