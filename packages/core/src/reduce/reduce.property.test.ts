import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation, TopologyDescription } from '../model/index.ts';
import { claimHolder, compareEpoch, emptyTopology, endpoint, target, targetId } from '../model/index.ts';
import { defaultReduceLimits, reduce, transitions } from './index.ts';

const servers = ['a:1', 'b:1', 'c:1'].map((text) => endpoint(text));
const main = targetId('main', 'primary');
const replicas = targetId('main', 'replica');
const server = fc.constantFrom(...servers);
const instant = fc.integer({ min: 0, max: 30_000 });
const epoch = fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 3 }));

const observation: fc.Arbitrary<Observation> = fc.oneof(
  fc.record({ type: fc.constant('serverAnswered' as const), server, openedAt: instant }),
  fc.record({ type: fc.constant('serverSilent' as const), server, openedAt: instant, forMs: instant }),
  fc.record({
    type: fc.constant('serverFailed' as const),
    server,
    openedAt: instant,
    reason: fc.constant('closed'),
  }),
  fc.record({
    type: fc.constant('roundTripSeen' as const),
    server,
    roundTripMs: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({
    type: fc.constant('roleSeen' as const),
    server,
    shard: fc.constant('main'),
    role: fc.constantFrom('primary' as const, 'replica' as const),
  }),
  fc.record({
    type: fc.constant('membersSeen' as const),
    source: fc.constantFrom('x', 'y'),
    isFresh: fc.boolean(),
    members: fc.subarray(servers).map((all) => all.map((one) => ({ endpoint: one, kind: 'data' as const }))),
  }),
  fc.record({
    type: fc.constant('claimSeen' as const),
    target: fc.constant(main),
    server,
    ground: fc.oneof(
      fc.record({ type: fc.constant('confirmed' as const), epoch }),
      fc.record({ type: fc.constant('provisional' as const), namedAt: instant }),
    ),
    openedAt: instant,
  }),
  fc.record({
    type: fc.constant('successorNamed' as const),
    target: fc.constant(main),
    server,
    namedAt: instant,
    by: fc.constant('w'),
  }),
  fc.record({
    type: fc.constant('claimWithdrawn' as const),
    target: fc.constant(main),
    server,
    reason: fc.constant('aborted'),
  }),
  fc.record({
    type: fc.constant('discoveryFailed' as const),
    source: fc.constant('x'),
    reason: fc.constant('none'),
  }),
  fc.constant({ type: 'timePassed' as const }),
);

/** Observations at rising instants, as a loop gives them. */
const story = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 2500 }), observation), { maxLength: 60 })
  .map((steps) => {
    let now = 0;
    return steps.map(([pause, step]) => [(now += pause), step] as const);
  });

function begin(): TopologyDescription {
  return [target('main', 'primary'), target('main', 'replica')].reduce(
    (topology, seen) =>
      reduce(topology, { type: 'targetSeen', target: seen }, 0, defaultReduceLimits).topology,
    emptyTopology('toy'),
  );
}

function eachStep(
  steps: readonly (readonly [number, Observation])[],
  check: (
    before: TopologyDescription,
    after: ReturnType<typeof reduce>,
    step: Observation,
    now: number,
  ) => void,
): void {
  let topology = begin();
  for (const [now, step] of steps) {
    const result = reduce(topology, step, now, defaultReduceLimits);
    check(topology, result, step, now);
    topology = result.topology;
  }
}

const holderOf = (topology: TopologyDescription): string | undefined => {
  const found = topology.targets.get(main);
  return found === undefined ? undefined : claimHolder(found.claim);
};

describe('whatever is observed, in whatever order', () => {
  it('the confirmed epoch never goes back (2)', () => {
    fc.assert(
      fc.property(story, (steps) => {
        eachStep(steps, (before, after) => {
          const old = before.targets.get(main)?.epoch;
          const now = after.topology.targets.get(main)?.epoch;
          if (old !== undefined) expect(now !== undefined && compareEpoch(now, old) >= 0).toBe(true);
        });
      }),
    );
  });

  it('an older epoch moves nothing and is told at most once (4)', () => {
    fc.assert(
      fc.property(story, (steps) => {
        eachStep(steps, (before, after, step) => {
          if (step.type !== 'claimSeen' || step.ground.type !== 'confirmed') return;
          const newest = before.targets.get(main)?.epoch;
          if (newest === undefined || compareEpoch(step.ground.epoch, newest) >= 0) return;
          expect(after.effects).toEqual([]);
          expect(holderOf(after.topology)).toBe(holderOf(before));
          expect(after.topology.targets.get(main)?.state).toBe(before.targets.get(main)?.state);
          expect(after.news.every((news) => news.type === 'staleEvidence')).toBe(true);
          expect(after.news.length).toBeLessThanOrEqual(1);
        });
      }),
    );
  });

  it('an ambient discovery error changes nothing (5)', () => {
    fc.assert(
      fc.property(story, (steps) => {
        eachStep(steps, (before, after, step) => {
          if (step.type === 'discoveryFailed') expect(after.topology).toBe(before);
        });
      }),
    );
  });

  it('only legal steps of the transition table are taken', () => {
    fc.assert(
      fc.property(story, (steps) => {
        eachStep(steps, (before, after) => {
          for (const [id, now] of after.topology.targets) {
            const old = before.targets.get(id);
            if (old === undefined || old.state === now.state) continue;
            expect(transitions[old.state]).toContain(now.state);
          }
        });
      }),
    );
  });

  it('the writer role is held only by a server that itself claimed it (24)', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const claimed = new Set<string>();
        eachStep(steps, (_before, after, step) => {
          if (step.type === 'claimSeen') claimed.add(step.server);
          const holder = holderOf(after.topology);
          if (holder !== undefined) expect(claimed.has(holder)).toBe(true);
        });
      }),
    );
  });

  it('a demoted writer is fenced in the very step in which it loses the claim (21)', () => {
    fc.assert(
      fc.property(story, (steps) => {
        eachStep(steps, (before, after) => {
          const old = holderOf(before);
          if (old === undefined || old === holderOf(after.topology)) return;
          expect(after.effects).toContainEqual(
            expect.objectContaining({ type: 'fenceLeases', target: main, server: old }),
          );
          expect(after.topology.targets.get(main)?.fence).toBeGreaterThan(
            before.targets.get(main)?.fence ?? 0,
          );
        });
      }),
    );
  });

  it('a target drains only when it is steady, and a provisional claim stands on a connection opened since it was named (3)', () => {
    fc.assert(
      fc.property(story, (steps) => {
        eachStep(steps, (before, after, step) => {
          for (const effect of after.effects) {
            if (effect.type === 'drainHold')
              expect(after.topology.targets.get(effect.target)?.state).toBe('steady');
          }
          const now = after.topology.targets.get(main)?.claim;
          if (now?.type !== 'provisional' || before.targets.get(main)?.claim === now) return;
          expect(step.type === 'claimSeen' && step.openedAt >= now.namedAt).toBe(true);
        });
      }),
    );
  });

  it('a target changes only by evidence about itself or time (16)', () => {
    fc.assert(
      fc.property(story, (steps) => {
        eachStep(steps, (before, after, step) => {
          if (!('target' in step) || typeof step.target !== 'string') return;
          expect(after.topology.targets.get(replicas)).toBe(before.targets.get(replicas));
        });
      }),
    );
  });

  it('the same observations give the same beliefs, and a repeat of an answer gives the same object', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const logs = [0, 1].map(() => {
          const log: string[] = [];
          eachStep(steps, (_before, after) => log.push(JSON.stringify([after.news, after.effects])));
          return log.join('\n');
        });
        expect(logs[0]).toBe(logs[1]);
        eachStep(steps, (_before, after, step, now) => {
          if (step.type !== 'serverAnswered') return;
          expect(reduce(after.topology, step, now, defaultReduceLimits).topology).toBe(after.topology);
        });
      }),
    );
  });
});
