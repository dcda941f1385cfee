import type { EndpointId, Observation, Report } from '@failover/core';
import { endpoint } from '@failover/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redisConfig } from './config.ts';
import type { RedisReply } from './replies.ts';
import { rules } from './rules.ts';

const servers = ['10.0.0.1:6379', '10.0.0.2:6379', '10.0.0.3:6379'].map((text) => endpoint(text));
const sentinels = ['10.0.1.1:26379', '10.0.1.2:26379', '10.0.1.3:26379'].map((text) => endpoint(text));
const server = fc.constantFrom(...servers);

type Timed = { readonly afterMs: number; readonly report: Report<RedisReply> };

const master = (configEpoch: fc.Arbitrary<number>): fc.Arbitrary<RedisReply> =>
  fc.record({
    type: fc.constant('sentinelMaster' as const),
    name: fc.constant('mymaster'),
    address: server,
    configEpoch,
    flags: fc.constantFrom(['master'], ['master', 'failover_in_progress']),
    downAfterMs: fc.constant(1000),
    quorum: fc.constant(2),
    otherSentinels: fc.constant(2),
  });

const replicas: fc.Arbitrary<RedisReply> = fc.record({
  type: fc.constant('sentinelReplicas' as const),
  name: fc.constant('mymaster'),
  replicas: fc.array(
    fc.record({ address: server, flags: fc.constantFrom(['slave'], ['slave', 'promoted']) }),
    { maxLength: 2 },
  ),
});

const event: fc.Arbitrary<RedisReply> = fc.record({
  type: fc.constant('sentinelEvent' as const),
  event: fc.oneof(
    fc.record({
      type: fc.constantFrom('selectedSlave' as const, 'promotedSlave' as const),
      masterName: fc.constantFrom('mymaster', 'other'),
      server,
    }),
    fc.record({
      type: fc.constant('failoverAborted' as const),
      masterName: fc.constantFrom('mymaster', 'other'),
      reason: fc.constant('-failover-abort-x'),
    }),
    fc.record({ type: fc.constant('tilt' as const), isTilt: fc.boolean() }),
  ),
});

const role: fc.Arbitrary<RedisReply> = fc.record({
  type: fc.constant('role' as const),
  role: fc.oneof(
    fc.constant({ type: 'master' as const, replicas: [], lagging: [] }),
    fc.record({ type: fc.constant('slave' as const), primary: server, isLinked: fc.boolean() }),
  ),
});

const refusal: fc.Arbitrary<RedisReply> = fc.record({
  type: fc.constant('errorReply' as const),
  code: fc.constantFrom('READONLY', 'LOADING', 'BUSY', 'MASTERDOWN'),
  text: fc.constant(''),
});

function reportsOf(
  kind: 'data' | 'witness',
  members: readonly EndpointId[],
  reply: fc.Arbitrary<RedisReply>,
): fc.Arbitrary<Timed> {
  return fc
    .record({
      afterMs: fc.integer({ min: 0, max: 1500 }),
      endpoint: fc.constantFrom(...members),
      openedAt: fc.integer({ min: 0, max: 5000 }),
      what: fc.oneof({ weight: 5, arbitrary: reply }, fc.constantFrom('silent' as const, 'failed' as const)),
    })
    .map(({ afterMs, endpoint: at, openedAt, what }) => {
      const base = { member: { endpoint: at, kind }, openedAt };
      const report: Report<RedisReply> =
        what === 'silent'
          ? { ...base, type: 'silent', forMs: 300 }
          : what === 'failed'
            ? { ...base, type: 'failed', reason: 'closed' }
            : { ...base, type: 'said', reply: what };
      return { afterMs, report };
    });
}

const fromSentinels = (who: readonly EndpointId[], epoch: fc.Arbitrary<number>): fc.Arbitrary<Timed> =>
  reportsOf('witness', who, fc.oneof(master(epoch), replicas, event));
const fromServers = reportsOf('data', servers, fc.oneof({ weight: 4, arbitrary: role }, refusal));
const anyEpoch = fc.integer({ min: 0, max: 3 });

/** What each report led to, in turn. */
function run(
  reports: readonly Timed[],
  promotion: 'selected' | 'announced' = 'selected',
): readonly Observation[] {
  let state = rules.init(redisConfig.parse({ name: 'mymaster', sentinels: [...sentinels], promotion }));
  let now = 0;
  return reports.flatMap(({ afterMs, report }) => {
    now += afterMs;
    const step = rules.step(state, report, now);
    state = step.state;
    return step.observations;
  });
}

const confirmations = (observations: readonly Observation[]) =>
  observations.flatMap((each) =>
    each.type === 'claimSeen' && each.ground.type === 'confirmed'
      ? [{ ...each, epoch: each.ground.epoch }]
      : [],
  );

const [first, second, third] = sentinels as [EndpointId, EndpointId, EndpointId];
const said = (endpointId: EndpointId, kind: 'data' | 'witness', reply: RedisReply): Timed => ({
  afterMs: 0,
  report: { type: 'said', member: { endpoint: endpointId, kind }, openedAt: 0, reply },
});
const view = (sentinel: EndpointId, address: EndpointId, configEpoch: number): Timed =>
  said(sentinel, 'witness', {
    type: 'sentinelMaster',
    name: 'mymaster',
    address,
    configEpoch,
    flags: ['master'],
    downAfterMs: 1000,
    quorum: 2,
    otherSentinels: 2,
  });

describe('the rules', () => {
  it('lead the same reports to the same observations', () => {
    const reports = fc.array(fc.oneof(fromSentinels(sentinels, anyEpoch), fromServers), { maxLength: 60 });
    fc.assert(
      fc.property(reports, (each) => {
        expect(run(each)).toEqual(run(each));
      }),
    );
  });

  it('confirm nothing on the word of a single Sentinel of three, whatever it says', () => {
    const reports = fc.array(fc.oneof(fromSentinels([first], anyEpoch), fromServers), { maxLength: 80 });
    fc.assert(
      fc.property(reports, (each) => {
        expect(confirmations(run(each))).toEqual([]);
      }),
    );
  });

  it('claim nothing at all on the word of a single Sentinel, with promotion announced', () => {
    const reports = fc.array(fc.oneof(fromSentinels([first], anyEpoch), fromServers), { maxLength: 80 });
    fc.assert(
      fc.property(reports, (each) => {
        expect(run(each, 'announced').filter((seen) => seen.type === 'claimSeen')).toEqual([]);
      }),
    );
  });

  it('let a stale Sentinel confirm nobody but whom the majority names', () => {
    const chosen = servers[1] as EndpointId;
    const settled = [view(first, chosen, 5), view(second, chosen, 5)];
    const stale = fromSentinels([third], fc.integer({ min: 0, max: 4 }));
    fc.assert(
      fc.property(fc.array(fc.oneof(stale, fromServers), { maxLength: 80 }), (each) => {
        for (const claim of confirmations(run([...settled, ...each]))) {
          expect(claim).toMatchObject({ server: chosen, epoch: [0, 5] });
        }
      }),
    );
  });

  it('never let a confirmed epoch go back', () => {
    const reports = fc.array(fc.oneof(fromSentinels(sentinels, anyEpoch), fromServers), { maxLength: 120 });
    fc.assert(
      fc.property(reports, (each) => {
        const epochs = confirmations(run(each)).map((claim) => claim.epoch[1] ?? -1);
        expect(epochs).toEqual([...epochs].sort((left, right) => left - right));
      }),
      { numRuns: 300 },
    );
  });

  it('claim a server only right after its own word, or with a majority that came after it', () => {
    const reports = fc.array(fc.oneof(fromSentinels(sentinels, anyEpoch), fromServers), { maxLength: 120 });
    fc.assert(
      fc.property(reports, (each) => {
        let state = rules.init(redisConfig.parse({ name: 'mymaster', sentinels: [...sentinels] }));
        const lastWord = new Map<EndpointId, string>();
        let now = 0;
        for (const { afterMs, report } of each) {
          now += afterMs;
          if (report.type === 'said' && report.reply.type === 'role') {
            lastWord.set(report.member.endpoint, report.reply.role.type);
          }
          const step = rules.step(state, report, now);
          state = step.state;
          for (const seen of step.observations) {
            if (seen.type === 'claimSeen') expect(lastWord.get(seen.server)).toBe('master');
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keep the same state object for a report that teaches nothing', () => {
    const reports = fc.array(fc.oneof(fromSentinels(sentinels, anyEpoch), fromServers), { maxLength: 60 });
    fc.assert(
      fc.property(reports, (each) => {
        let state = rules.init(redisConfig.parse({ name: 'mymaster', sentinels: [...sentinels] }));
        for (const { report } of each) {
          state = rules.step(state, report, 0).state;
          expect(rules.step(state, report, 0).state).toBe(state);
        }
      }),
    );
  });
});
