import { endpoint, targetId, type FailoverEvent, type FailoverNews } from '../../model/index.ts';
import { describe, expect, it } from 'vitest';
import { emptyFailoverLog, foldFailovers, maxFailovers, maxSteps, type FailoverLog } from './fold.ts';
import { settledBetween } from './settled-between.ts';

const main = targetId('m', 'primary');
const [a, b] = [endpoint('a:1'), endpoint('b:1')];

function fold(
  events: readonly (readonly [number, FailoverNews])[],
  log: FailoverLog = emptyFailoverLog,
): FailoverLog {
  return events.map(([at, news]): FailoverEvent => ({ at, ...news })).reduce(foldFailovers, log);
}

const accepted = (server = a, strength: 'provisional' | 'confirmed' = 'confirmed'): FailoverNews => ({
  type: 'claimAccepted',
  target: main,
  server,
  strength,
});
const moved = (
  from: 'discovering' | 'steady' | 'suspect' | 'failing-over' | 'unavailable',
  to: typeof from,
  server?: typeof a,
) =>
  ({
    type: 'stateChanged',
    target: main,
    from,
    to,
    reason: `${from} to ${to}`,
    ...(server && { server }),
  }) as const;

const started = fold([
  [1, accepted()],
  [1, moved('discovering', 'steady', a)],
]);
const doubt = [100, moved('steady', 'suspect', a)] as const;

describe('the timeline of a failover', () => {
  it('begins with the first doubt, not with the first start', () => {
    expect(started.failovers).toEqual([]);
    expect(fold([doubt], started).failovers).toMatchObject([
      {
        target: main,
        startedAt: 100,
        from: a,
        to: undefined,
        result: 'running',
        steps: [{ type: 'firstDoubt', afterMs: 0 }],
      },
    ]);
  });

  it('goes from doubt over evidence to confirmed, steady and drained, with ms since the doubt', () => {
    const { failovers } = fold(
      [
        doubt,
        [150, { type: 'availabilityChanged', server: a, from: 'suspect', to: 'down', reason: 'gone' }],
        [200, { type: 'successorNamed', target: main, server: b, by: 'w' }],
        [201, moved('suspect', 'failing-over', a)],
        [300, accepted(b, 'provisional')],
        [300, moved('failing-over', 'steady', b)],
        [301, { type: 'firstDrained', target: main, afterMs: 1 }],
        [
          310,
          { type: 'holdClosed', target: main, forMs: 200, held: 9, drained: 7, evicted: 1, cancelled: 1 },
        ],
        [311, { type: 'outcomesUnknown', target: main, server: a, count: 3, reason: 'lost' }],
        [1300, accepted(b, 'confirmed')],
      ],
      started,
    );
    expect(failovers).toHaveLength(1);
    expect(failovers[0]).toMatchObject({
      from: a,
      to: b,
      result: 'switched',
      held: 9,
      drained: 7,
      refused: 1,
      cancelled: 1,
      unknown: 3,
    });
    expect(failovers[0]?.steps.map(({ type, afterMs }) => [type, afterMs])).toEqual([
      ['firstDoubt', 0],
      ['evidence', 50],
      ['evidence', 100],
      ['evidence', 101],
      ['confirmed', 200],
      ['steady', 200],
      ['firstDrained', 201],
      ['drained', 210],
      ['confirmed', 1200],
    ]);
  });

  it('begins with the ground when that is told before the change of state', () => {
    const { failovers } = fold(
      [
        [100, { type: 'claimWithdrawn', target: main, server: a, reason: 'says replica' }],
        [100, moved('steady', 'failing-over')],
        [200, accepted(b)],
        [200, moved('failing-over', 'steady', b)],
      ],
      started,
    );
    expect(failovers).toMatchObject([{ from: a, to: b, result: 'switched', startedAt: 100 }]);
  });

  it('tells a recovery of the same server from a switch', () => {
    expect(fold([doubt, [200, moved('suspect', 'steady', a)]], started).failovers).toMatchObject([
      { from: a, to: a, result: 'recovered' },
    ]);
  });

  it('also tells of a switch in which nothing ever looked wrong', () => {
    expect(fold([[100, accepted(b)]], started).failovers).toMatchObject([
      { from: a, to: b, result: 'switched', steps: [{ type: 'firstDoubt', afterMs: 0 }] },
    ]);
    expect(fold([[100, accepted(a)]], started).failovers).toEqual([]);
  });

  it('stays open while nobody serves, and ends when somebody does', () => {
    const given = fold([doubt, [900, moved('suspect', 'unavailable', a)]], started);
    expect(given.failovers).toMatchObject([{ result: 'unavailable' }]);
    const back = fold(
      [
        [5000, accepted(b)],
        [5000, moved('unavailable', 'steady', b)],
      ],
      given,
    );
    expect(back.failovers).toMatchObject([{ result: 'switched', to: b }]);
  });

  it('leaves what belongs to no failover as it is', () => {
    for (const news of [
      { type: 'ownStall', forMs: 100 },
      { type: 'holdOpened', target: main },
      { type: 'memberRemoved', server: b },
      { type: 'availabilityChanged', server: b, from: 'up', to: 'down', reason: 'x' },
    ] as const) {
      expect(foldFailovers(started, { at: 5, ...news })).toBe(started);
    }
  });

  it('is bounded in number and length', () => {
    let log = started;
    for (let at = 0; at < maxFailovers + 20; at += 1) {
      log = fold(
        [
          [at * 10, moved('steady', 'suspect', a)],
          [at * 10 + 5, moved('suspect', 'steady', a)],
        ],
        log,
      );
    }
    expect(log.failovers).toHaveLength(maxFailovers);
    expect(log.failovers.at(-1)?.startedAt).toBe((maxFailovers + 19) * 10);
    log = fold([doubt], log);
    for (let at = 0; at < maxSteps * 2; at += 1) {
      log = fold(
        [[at, { type: 'availabilityChanged', server: a, from: 'up', to: 'down', reason: 'x' }]],
        log,
      );
    }
    expect(log.failovers.at(-1)?.steps).toHaveLength(maxSteps);
  });

  it('counts each result once', () => {
    const doubted = fold([doubt], started);
    const switched = fold(
      [
        [200, accepted(b)],
        [200, moved('suspect', 'steady', b)],
      ],
      doubted,
    );
    const drained = fold([[210, { type: 'firstDrained', target: main, afterMs: 1 }]], switched);
    expect(settledBetween(started, doubted)).toEqual([]);
    expect(settledBetween(doubted, switched)).toHaveLength(1);
    expect(settledBetween(switched, drained)).toEqual([]);
    const given = fold([[900, moved('suspect', 'unavailable', a)]], doubted);
    expect(settledBetween(doubted, given)).toMatchObject([{ result: 'unavailable' }]);
  });
});
