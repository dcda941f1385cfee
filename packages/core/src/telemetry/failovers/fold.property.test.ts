import { endpoint, targetId, type FailoverEvent } from '../../model/index.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isOpen } from './failover.ts';
import { emptyFailoverLog, foldFailovers, maxFailovers, maxSteps, type FailoverLog } from './fold.ts';
import { settledBetween } from './settled-between.ts';

const target = fc.constantFrom(targetId('m', 'primary'), targetId('n', 'primary'));
const server = fc.constantFrom(endpoint('a:1'), endpoint('b:1'), endpoint('c:1'));
const state = fc.constantFrom('discovering', 'steady', 'suspect', 'failing-over', 'unavailable');
const reason = fc.constant('r');
const count = fc.nat(9);

/** Any order at all, also one that core never tells. */
const news: fc.Arbitrary<Omit<FailoverEvent, 'at'>> = fc.oneof(
  fc.record({ type: fc.constant('stateChanged'), target, from: state, to: state, server, reason }),
  fc.record({ type: fc.constant('stateChanged'), target, from: state, to: state, reason }),
  fc.record({
    type: fc.constant('claimAccepted'),
    target,
    server,
    strength: fc.constantFrom('confirmed', 'provisional'),
  }),
  fc.record({ type: fc.constant('claimWithdrawn'), target, server, reason }),
  fc.record({ type: fc.constant('successorNamed'), target, server, by: reason }),
  fc.record({ type: fc.constant('outcomesUnknown'), target, server, count, reason }),
  fc.record({
    type: fc.constant('holdClosed'),
    target,
    forMs: count,
    held: count,
    drained: count,
    evicted: count,
    cancelled: count,
  }),
  fc.record({
    type: fc.constant('availabilityChanged'),
    server,
    from: fc.constant('up'),
    to: fc.constant('down'),
    reason,
  }),
);
const events = fc
  .array(news, { maxLength: 300 })
  .map((all) => all.map((each, at) => ({ ...each, at }) as FailoverEvent));

it('keeps timelines in order, bounded, and at most one open for each target, whatever comes', () => {
  fc.assert(
    fc.property(events, (all) => {
      let log: FailoverLog = emptyFailoverLog;
      for (const event of all) {
        log = foldFailovers(log, event);
        const open = log.failovers.filter(isOpen).map((failover) => failover.target);
        expect(new Set(open).size).toBe(open.length);
      }
      expect(log.failovers.length).toBeLessThanOrEqual(maxFailovers);
      for (const { steps } of log.failovers) {
        expect(steps.length).toBeLessThanOrEqual(maxSteps);
        expect(steps[0]).toMatchObject({ type: 'firstDoubt', afterMs: 0 });
        const offsets = steps.map(({ afterMs }) => afterMs);
        expect(offsets).toEqual([...offsets].sort((left, right) => left - right));
      }
    }),
  );
});

it('counts each result of each failover once', () => {
  fc.assert(
    fc.property(events, (all) => {
      let log: FailoverLog = emptyFailoverLog;
      const counted: string[] = [];
      const seen = new Set<string>();
      for (const event of all) {
        const next = foldFailovers(log, event);
        for (const { startedAt, target: at, result } of settledBetween(log, next))
          counted.push(`${at} ${startedAt} ${result}`);
        for (const { startedAt, target: at, result } of next.failovers) {
          if (result !== 'running') seen.add(`${at} ${startedAt} ${result}`);
        }
        log = next;
      }
      expect(counted.sort()).toEqual([...seen].sort());
    }),
  );
});
