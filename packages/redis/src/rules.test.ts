import type { EndpointId, Observation, Report } from '@failover/core';
import { endpoint } from '@failover/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { redisConfig } from './config.ts';
import type { RedisOptions } from './config.ts';
import type { RedisReply, SentinelMaster } from './replies.ts';
import type { RulesState } from './rules.ts';
import { rules } from './rules.ts';
import type { SentinelEvent } from './sentinel-events.ts';

const [a, b, c] = [endpoint('10.0.0.1:6379'), endpoint('10.0.0.2:6379'), endpoint('10.0.0.3:6379')];
const [s1, s2, s3] = [endpoint('10.0.1.1:26379'), endpoint('10.0.1.2:26379'), endpoint('10.0.1.3:26379')];
const primary = 'mymaster/primary';

/** Feeds reports to the rules as they would come, and keeps what the last one led to. */
function scene(options: RedisOptions) {
  let state: RulesState = rules.init(redisConfig.parse(options));
  let now = 0;
  let news: readonly Observation[] = [];

  function hear(report: Report<RedisReply>): readonly Observation[] {
    const step = rules.step(state, report, now);
    state = step.state;
    news = step.observations;
    return news;
  }
  const said = (server: EndpointId, kind: 'data' | 'witness', reply: RedisReply, openedAt = now) =>
    hear({ type: 'said', member: { endpoint: server, kind }, openedAt, reply });

  const self = {
    get state() {
      return state;
    },
    at(ms: number) {
      now = ms;
      return self;
    },
    hear,
    said,
    role: (server: EndpointId, role: 'master' | EndpointId, openedAt = now, isLinked = true) =>
      said(
        server,
        'data',
        {
          type: 'role',
          role:
            role === 'master'
              ? { type: 'master', replicas: [], lagging: [] }
              : { type: 'slave', primary: role, isLinked },
        },
        openedAt,
      ),
    tellsLag: (server: EndpointId, replicas: readonly EndpointId[], lagging: readonly EndpointId[]) =>
      said(server, 'data', { type: 'role', role: { type: 'master', replicas, lagging } }),
    refuses: (server: EndpointId, code: string) =>
      said(server, 'data', { type: 'errorReply', code, text: `${code} …` }),
    sentinel(
      server: EndpointId,
      master: Partial<SentinelMaster>,
      more: { id?: string; promoted?: EndpointId } = {},
    ) {
      const name = master.name ?? 'mymaster';
      const replies: RedisReply[] = [
        { type: 'myId', id: more.id ?? `id of ${server}` },
        {
          type: 'sentinelMaster',
          name,
          address: a,
          configEpoch: 0,
          flags: more.promoted === undefined ? ['master'] : ['master', 'failover_in_progress'],
          downAfterMs: 1000,
          quorum: 2,
          otherSentinels: 2,
          ...master,
        },
        {
          type: 'sentinelReplicas',
          name,
          replicas: [a, b, c]
            .filter((each) => each !== (master.address ?? a))
            .map((address) => ({
              address,
              flags: address === more.promoted ? ['slave', 'promoted'] : ['slave'],
            })),
        },
        {
          type: 'sentinelPeers',
          name,
          peers: [s1, s2, s3]
            .filter((each) => each !== server)
            .map((address) => ({ address, id: `id of ${address}` })),
        },
      ];
      return replies.flatMap((reply) => said(server, 'witness', reply));
    },
    event: (server: EndpointId, event: SentinelEvent) =>
      said(server, 'witness', { type: 'sentinelEvent', event }),
    selected: (server: EndpointId, chosen: EndpointId, masterName = 'mymaster') =>
      self.event(server, { type: 'selectedSlave', masterName, server: chosen }),
    lost: (server: EndpointId, kind: 'data' | 'witness' = 'witness') =>
      hear({ type: 'failed', member: { endpoint: server, kind }, openedAt: now, reason: 'closed' }),
    /** Three Sentinels and three servers that all agree on `a` at epoch 0. */
    settle() {
      for (const sentinel of [s1, s2, s3]) self.sentinel(sentinel, {});
      self.role(b, a);
      self.role(c, a);
      return self.role(a, 'master');
    },
  };
  return self;
}

const sentinels: RedisOptions = { name: 'mymaster', sentinels: [s1, s2, s3] };
const confirmed = (server: EndpointId, epoch: readonly number[]): unknown =>
  expect.objectContaining({
    type: 'claimSeen',
    target: primary,
    server,
    ground: { type: 'confirmed', epoch },
  });
const provisional = (server: EndpointId, namedAt: number): unknown =>
  expect.objectContaining({ type: 'claimSeen', server, ground: { type: 'provisional', namedAt } });
const withdrawn = (server: EndpointId): unknown =>
  expect.objectContaining({ type: 'claimWithdrawn', target: primary, server });
const named = (server: EndpointId): unknown =>
  expect.objectContaining({ type: 'successorNamed', target: primary, server });
const aClaim: unknown = expect.objectContaining({ type: 'claimSeen' });

let scn: ReturnType<typeof scene>;
beforeEach(() => {
  scn = scene(sentinels);
});

describe('targets and members', () => {
  it('tells of both targets with the first step', () => {
    expect(
      rules.step(rules.init(redisConfig.parse(sentinels)), { type: 'tick' }, 0).observations,
    ).toMatchObject([
      { type: 'targetSeen', target: { id: 'mymaster/primary' } },
      { type: 'targetSeen', target: { id: 'mymaster/replica' } },
    ]);
  });

  it('lists what the Sentinels list, themselves as witnesses, as fresh when a majority told all', () => {
    scn.sentinel(s1, {});
    expect(scn.sentinel(s2, {})).toContainEqual({
      type: 'membersSeen',
      source: 'sentinels',
      isFresh: true,
      members: [a, b, c]
        .map((each) => ({ endpoint: each, kind: 'data' }))
        .concat([s1, s2, s3].map((each) => ({ endpoint: each, kind: 'witness' }))),
    });
  });

  it('takes nobody off the list on the word of one Sentinel that was reset', () => {
    scn.settle();
    scn.lost(s2);
    scn.lost(s3);
    const news = scn.said(s1, 'witness', { type: 'sentinelReplicas', name: 'mymaster', replicas: [] });
    expect(news.filter((each) => each.type === 'membersSeen')).toMatchObject([{ isFresh: false }]);
  });

  it('does not listen to what its Sentinels say of another master', () => {
    scn.settle();
    expect(scn.sentinel(s1, { name: 'other', address: c, configEpoch: 9 })).toEqual([]);
  });

  it('counts heard Sentinels only when that changes, and no minority while the first answers come in', () => {
    expect(scn.sentinel(s1, {}).map((each) => each.type)).not.toContain('witnessesHeard');
    expect(scn.sentinel(s2, {})).toContainEqual({ type: 'witnessesHeard', target: primary, heard: 2, of: 3 });
    expect(scn.sentinel(s2, {})).toEqual([]);
    expect(scn.lost(s2)).toContainEqual({ type: 'witnessesHeard', target: primary, heard: 1, of: 3 });
  });

  it('tells of a minority once all that are configured were tried', () => {
    scn.sentinel(s1, {});
    scn.lost(s2);
    expect(scn.lost(s3)).toContainEqual({ type: 'witnessesHeard', target: primary, heard: 1, of: 3 });
  });

  it('tells a role once, and a replica that was never linked as unknown', () => {
    expect(scn.role(b, a, 0, false)).toContainEqual(
      expect.objectContaining({ type: 'roleSeen', role: 'unknown' }),
    );
    expect(scn.role(b, a)).toEqual([{ type: 'roleSeen', server: b, shard: 'mymaster', role: 'replica' }]);
    expect(scn.role(b, a)).toEqual([]);
  });

  it('[37] lets a replica that lost its primary serve readers for ten seconds', () => {
    scn.at(1000).role(b, a);
    expect(scn.at(2000).role(b, a, 2000, false)).toEqual([]);
    expect(scn.at(11_999).role(b, a, 2000, false)).toEqual([]);
    expect(scn.at(12_000).role(b, a, 2000, false)).toEqual([
      { type: 'roleSeen', server: b, shard: 'mymaster', role: 'unknown' },
    ]);
    expect(scn.at(12_100).role(b, a)).toMatchObject([{ role: 'replica' }]);
  });

  it('[37] lets a replica that is too far behind its primary serve nobody until it has caught up', () => {
    const seen = (server: EndpointId, role: string) => ({
      type: 'roleSeen',
      server,
      shard: 'mymaster',
      role,
    });
    scn.settle();
    expect(scn.tellsLag(a, [b, c], [c])).toContainEqual(seen(c, 'unknown'));
    // Its own word that it is linked changes nothing, and being told again is no news.
    expect(scn.role(c, a)).toEqual([]);
    expect(scn.tellsLag(a, [b, c], [c]).filter(({ type }) => type === 'roleSeen')).toEqual([]);
    expect(scn.tellsLag(a, [b, c], [])).toContainEqual(seen(c, 'replica'));
  });

  it('[37] frees a replica of its lag when it is primary itself', () => {
    scn.settle();
    scn.tellsLag(a, [b, c], [c]);
    expect(scn.role(c, 'master')).toContainEqual(
      expect.objectContaining({ type: 'roleSeen', role: 'primary' }),
    );
    expect(scn.role(c, a)).toContainEqual(expect.objectContaining({ type: 'roleSeen', role: 'replica' }));
  });
});

describe('a confirmed claim', () => {
  it('needs a majority of the Sentinels and the word of the server itself', () => {
    scn.sentinel(s1, {});
    scn.sentinel(s2, {});
    expect(scn.at(7).role(a, 'master', 5)).toContainEqual({
      type: 'claimSeen',
      target: primary,
      server: a,
      ground: { type: 'confirmed', epoch: [0, 0] },
      openedAt: 5,
    });
  });

  it('comes with the majority if the server spoke first', () => {
    scn.role(a, 'master');
    expect(scn.sentinel(s1, {})).not.toContainEqual(aClaim);
    expect(scn.sentinel(s2, {})).toContainEqual(confirmed(a, [0, 0]));
  });

  it('is told again with each answer, so that a doubt in core can end', () => {
    scn.settle();
    expect(scn.at(500).role(a, 'master', 400)).toEqual([confirmed(a, [0, 0])]);
  });

  it('is not made by one Sentinel of three while another may still answer', () => {
    scn.sentinel(s1, { configEpoch: 7 });
    scn.lost(s2);
    expect(scn.role(a, 'master')).not.toContainEqual(aClaim);
  });

  it('is made by a minority when a process starts and all were tried, unless the user wants a fence', () => {
    for (const [onMinority, isClaimed] of [
      ['allow', true],
      ['fence', false],
    ] as const) {
      scn = scene({ ...sentinels, onMinority });
      scn.sentinel(s1, { configEpoch: 7 });
      scn.lost(s2);
      scn.lost(s3);
      const types = scn.role(a, 'master').map((each) => each.type);
      expect(types.includes('claimSeen')).toBe(isClaimed);
    }
  });

  it('is not moved by a minority once somebody was named', () => {
    scn.settle();
    scn.lost(s2);
    scn.lost(s3);
    scn.sentinel(s1, { configEpoch: 7, address: b });
    expect(scn.role(b, 'master')).not.toContainEqual(
      expect.objectContaining({ type: 'claimSeen', server: b }),
    );
  });

  it('is not made by one fresh Sentinel that knows nobody else yet', () => {
    scn.sentinel(s1, { otherSentinels: 0 });
    expect(scn.role(a, 'master')).not.toContainEqual(aClaim);
  });

  it('counts a Sentinel that is listed by two addresses once', () => {
    scn.sentinel(s1, {}, { id: 'same' });
    scn.sentinel(s2, {}, { id: 'same' });
    expect(scn.role(a, 'master')).not.toContainEqual(aClaim);
  });

  it('[36] does not count a Sentinel in TILT', () => {
    scn.sentinel(s1, {});
    scn.said(s2, 'witness', { type: 'sentinelTilt', isTilt: true });
    scn.sentinel(s2, {});
    expect(scn.role(a, 'master')).not.toContainEqual(aClaim);
    expect(scn.event(s2, { type: 'tilt', isTilt: false })).toContainEqual(confirmed(a, [0, 0]));
  });

  it('does not rest on what a server said before it failed', () => {
    scn.role(a, 'master');
    scn.lost(a, 'data');
    scn.sentinel(s1, {});
    expect(scn.sentinel(s2, {})).not.toContainEqual(aClaim);
    expect(scn.role(a, 'master')).toContainEqual(confirmed(a, [0, 0]));
  });

  it('[32] does not rest on the word before a restart when the server answers LOADING', () => {
    scn.role(a, 'master');
    scn.lost(a, 'data');
    scn.refuses(a, 'LOADING');
    scn.sentinel(s1, {});
    expect(scn.sentinel(s2, {})).not.toContainEqual(aClaim);
  });

  it('passes to the server that a majority names at a higher epoch, whatever the third says', () => {
    scn.settle();
    scn.at(2000).role(b, 'master');
    scn.sentinel(s1, { address: b, configEpoch: 1 });
    expect(scn.sentinel(s2, { address: b, configEpoch: 1 })).toContainEqual(confirmed(b, [0, 1]));
  });

  it('[6] is not moved by a stale Sentinel', () => {
    scn.settle();
    scn.role(b, 'master');
    for (const each of [s1, s2]) scn.sentinel(each, { address: b, configEpoch: 1 });
    const news = [...scn.sentinel(s3, { address: a, configEpoch: 0 }), ...scn.role(a, 'master')];
    expect(news).not.toContainEqual(aClaim);
    expect(news).not.toContainEqual(withdrawn(b));
  });

  it('[7] is not given to an old primary that was started again and says master', () => {
    scn.settle();
    scn.role(b, 'master');
    for (const each of [s1, s2, s3]) scn.sentinel(each, { address: b, configEpoch: 1 });
    scn.lost(a, 'data');
    expect(scn.at(9000).role(a, 'master')).not.toContainEqual(aClaim);
  });

  it('reads a leader that still answers with the old address by the successor that it promoted', () => {
    scn.settle();
    scn.role(b, 'master');
    // Seen on Redis 7.0.15: reconf_slaves shows the old address beside the new epoch.
    scn.sentinel(s1, { address: a, configEpoch: 1, failoverState: 'reconf_slaves' }, { promoted: b });
    const news = scn.sentinel(s2, { address: b, configEpoch: 1 });
    expect(news).toContainEqual(confirmed(b, [0, 1]));
  });

  it('does not count a leader whose promoted successor is not listed', () => {
    scn.settle();
    scn.lost(s3);
    scn.sentinel(s1, { address: a, configEpoch: 1, failoverState: 'update_config' });
    expect(scn.sentinel(s2, { address: a, configEpoch: 1 })).not.toContainEqual(confirmed(a, [0, 1]));
  });

  it('names the successor of the majority if that does not say master yet', () => {
    scn.settle();
    scn.sentinel(s1, { address: b, configEpoch: 1 });
    const news = scn.at(50).sentinel(s2, { address: b, configEpoch: 1 });
    expect(news).toContainEqual({
      type: 'successorNamed',
      target: primary,
      server: b,
      namedAt: 50,
      by: 'a majority of the Sentinels',
    });
    expect(news).not.toContainEqual(aClaim);
    expect(scn.role(b, 'master')).toContainEqual(confirmed(b, [0, 1]));
  });

  it('is withdrawn when its holder says that it is a replica', () => {
    scn.settle();
    expect(scn.role(a, b)).toContainEqual(withdrawn(a));
    expect(scn.role(a, b)).toEqual([]);
  });

  it('is withdrawn when its holder answers as a replica after its connections were closed', () => {
    scn.settle();
    scn.lost(a, 'data');
    expect(scn.role(a, b)).toContainEqual(withdrawn(a));
  });

  it.each(['READONLY', 'MASTERDOWN', 'UNBLOCKED'])(
    'is withdrawn when its holder answers %s on the data path',
    (code) => {
      scn.settle();
      expect(scn.refuses(a, code)).toContainEqual(withdrawn(a));
      expect(scn.role(a, 'master')).toContainEqual(confirmed(a, [0, 0]));
    },
  );

  it.each(['LOADING', 'BUSY', 'NOREPLICAS'])('stands when its holder answers %s', (code) => {
    scn.settle();
    expect(scn.refuses(a, code)).toEqual([]);
  });

  it('stands when a replica refuses a write', () => {
    scn.settle();
    expect(scn.refuses(b, 'READONLY')).toEqual([]);
  });
});

describe('a provisional claim', () => {
  it('names the selected replica at once, and believes it when it says master itself', () => {
    scn.settle();
    expect(scn.at(1000).selected(s1, b)).toEqual([
      { type: 'successorNamed', target: primary, server: b, namedAt: 1000, by: s1, above: [0, 0] },
    ]);
    expect(scn.at(1100).role(b, a)).toEqual([]);
    expect(scn.at(1200).role(b, 'master', 1190)).toContainEqual({
      type: 'claimSeen',
      target: primary,
      server: b,
      ground: { type: 'provisional', namedAt: 1000 },
      openedAt: 1190,
    });
  });

  it('is not made on a connection that was opened before the choice', () => {
    scn.settle();
    scn.at(1000).selected(s1, b);
    expect(scn.at(1200).role(b, 'master', 999)).not.toContainEqual(aClaim);
  });

  it('[4] is made by the promoted flag alone, if the event was missed', () => {
    scn.settle();
    expect(scn.at(1000).sentinel(s1, {}, { promoted: b })).toContainEqual(named(b));
    expect(scn.at(1200).role(b, 'master')).toContainEqual(provisional(b, 1000));
  });

  it('is made by the announcement of the promotion, if the choice was missed', () => {
    scn.settle();
    const promoted = { type: 'promotedSlave', masterName: 'mymaster', server: b } as const;
    expect(scn.at(1000).event(s1, promoted)).toContainEqual(named(b));
    expect(scn.at(1200).role(b, 'master')).toContainEqual(provisional(b, 1000));
  });

  it('is not made by a promoted flag without a failover that goes on', () => {
    scn.settle();
    expect(scn.sentinel(s1, { flags: ['master'] }, { promoted: b })).not.toContainEqual(named(b));
  });

  it('is not made by a replica that was not selected', () => {
    scn.settle();
    scn.at(1000).selected(s1, b);
    expect(scn.at(1200).role(c, 'master')).not.toContainEqual(aClaim);
  });

  it('[5] is not made for another master of the same Sentinels', () => {
    scn.settle();
    expect(scn.at(1000).selected(s1, b, 'other')).toEqual([]);
    expect(scn.at(1200).role(b, 'master')).not.toContainEqual(aClaim);
  });

  it('follows the choice for our name when two masters of the same Sentinels die together', () => {
    scn.settle();
    scn.at(1000).selected(s2, c, 'other');
    scn.at(1001).selected(s1, b);
    scn.at(1002).event(s2, { type: 'failoverAborted', masterName: 'other', reason: '-failover-abort-x' });
    expect(scn.at(1200).role(b, 'master')).toContainEqual(provisional(b, 1001));
    expect(scn.at(1200).role(c, 'master')).not.toContainEqual(aClaim);
  });

  it('is believed for three seconds from when it was first named, however often it is repeated', () => {
    scn.settle();
    scn.at(1000).selected(s1, b);
    for (const ms of [1500, 2500, 3500, 4500]) {
      expect(scn.at(ms).sentinel(s1, {}, { promoted: b })).not.toContainEqual(named(b));
    }
    expect(scn.at(3999).role(b, 'master')).toContainEqual(provisional(b, 1000));
    expect(scn.at(4000).role(b, 'master')).not.toContainEqual(aClaim);
  });

  it('is named anew by a new choice', () => {
    scn.settle();
    scn.at(1000).selected(s1, b);
    scn.sentinel(s1, {});
    expect(scn.at(9000).selected(s2, c)).toContainEqual(named(c));
    expect(scn.at(9100).role(c, 'master')).toContainEqual(provisional(c, 9000));
  });

  it('[35] is called off by the Sentinel that chose, and not by one that lost the election', () => {
    scn.settle();
    scn.at(1000).selected(s1, b);
    const aborted = {
      type: 'failoverAborted',
      masterName: 'mymaster',
      reason: '-failover-abort-not-elected',
    } as const;
    expect(scn.event(s2, aborted)).toEqual([]);
    expect(scn.event(s1, aborted)).toEqual([withdrawn(b)]);
    expect(scn.at(1200).role(b, 'master')).not.toContainEqual(aClaim);
  });

  it('is called off by a majority that names another server after it', () => {
    scn.settle();
    scn.at(1000).selected(s1, b);
    scn.at(1100).role(b, 'master');
    scn.sentinel(s2, { address: c, configEpoch: 2 });
    const news = scn.at(2000).sentinel(s3, { address: c, configEpoch: 2 });
    expect(news).toContainEqual(withdrawn(b));
    expect(news).toContainEqual(named(c));
  });

  it('is believed of a former primary that is chosen again before it was heard as a replica', () => {
    scn.settle();
    scn.at(1000).selected(s1, b);
    scn.at(1200).role(b, 'master', 1190);
    for (const sentinel of [s1, s2, s3]) scn.sentinel(sentinel, { address: b, configEpoch: 1 });
    expect(scn.at(5000).selected(s2, a)).toContainEqual(named(a));
    // Its first word since then is about the time before the choice.
    expect(scn.at(5002).role(a, b)).not.toContainEqual(withdrawn(a));
    expect(scn.at(5080).role(a, 'master', 5075)).toContainEqual(provisional(a, 5000));
    // Turned back, now that it said master for the sake of this choice.
    expect(scn.at(5100).role(a, b)).toContainEqual(withdrawn(a));
  });

  it('goes back to whom the majority named last, if it was not heard since another was chosen', () => {
    scn.settle();
    scn.at(1000).selected(s1, b);
    scn.at(1200).role(b, 'master', 1190);
    expect(scn.at(1500).selected(s2, a)).toContainEqual(named(a));
  });

  it('ends confirmed by the majority, with its number', () => {
    scn.settle();
    scn.at(1000).selected(s1, b);
    scn.at(1100).role(b, 'master');
    scn.at(1900).sentinel(s1, { configEpoch: 1, failoverState: 'reconf_slaves' }, { promoted: b });
    const news = scn.at(2000).sentinel(s2, { address: b, configEpoch: 1 });
    expect(news).toContainEqual(confirmed(b, [0, 1]));
    expect(news).not.toContainEqual(named(b));
    // The leader goes on showing its flag until it has switched itself.
    expect(
      scn.at(2900).sentinel(s1, { configEpoch: 1, failoverState: 'reconf_slaves' }, { promoted: b }),
    ).toEqual([]);
  });

  it('gives way to the old primary when the leading Sentinel died and the others stay at epoch 0', () => {
    scn.settle();
    scn.at(1000).selected(s1, b);
    scn.at(1100).role(b, 'master');
    scn.at(1200).lost(s1);
    // The hung primary is back; core holds the successor until its lease ends, and then finds this claim.
    expect(scn.at(5000).role(a, 'master')).toContainEqual(confirmed(a, [0, 0]));
    expect(scn.at(10_600).role(b, a)).toContainEqual(withdrawn(b));
  });

  it('is not made with promotion announced', () => {
    scn = scene({ ...sentinels, promotion: 'announced' });
    scn.settle();
    expect(scn.at(1000).selected(s1, b)).toEqual([]);
    expect(scn.at(1000).sentinel(s1, {}, { promoted: b })).toEqual([]);
    expect(scn.at(1200).role(b, 'master')).not.toContainEqual(aClaim);
    scn.sentinel(s1, { address: b, configEpoch: 1 });
    expect(scn.sentinel(s2, { address: b, configEpoch: 1 })).toContainEqual(confirmed(b, [0, 1]));
  });
});

describe('Sentinels that cannot be heard', () => {
  it('[9] change nothing: traffic goes on, and a doubt about the primary can still end', () => {
    scn.settle();
    for (const each of [s1, s2, s3]) scn.lost(each);
    expect(scn.at(500).role(a, 'master')).toEqual([confirmed(a, [0, 0])]);
  });

  it('end the claim with onMinority fence, until a majority is back', () => {
    scn = scene({ ...sentinels, onMinority: 'fence' });
    scn.settle();
    expect(scn.lost(s1)).not.toContainEqual(withdrawn(a));
    expect(scn.lost(s2)).toContainEqual(withdrawn(a));
    expect(scn.role(a, 'master')).toEqual([]);
    expect(scn.selected(s3, b)).toEqual([]);
    expect(scn.role(b, 'master')).not.toContainEqual(aClaim);
    expect(scn.sentinel(s1, {})).toContainEqual(confirmed(a, [0, 0]));
  });

  it('are not heard because their second connection announces something', () => {
    scn.settle();
    scn.lost(s1);
    expect(scn.event(s1, { type: 'noted', channel: '+slave' })).toEqual([]);
  });

  it('are not missed because an older connection ends late', () => {
    scn.settle();
    scn.at(100).sentinel(s1, {});
    const late = {
      type: 'failed',
      member: { endpoint: s1, kind: 'witness' },
      openedAt: 50,
      reason: 'late',
    } as const;
    expect(scn.hear(late)).toEqual([]);
  });
});

describe('Sentinels that were deployed anew', () => {
  const anew = (each: EndpointId, address = b, configEpoch = 0) =>
    scn.sentinel(each, { address, configEpoch }, { id: `new id of ${each}` });

  beforeEach(() => {
    scn.settle();
    scn.role(b, 'master');
    for (const each of [s1, s2, s3]) scn.sentinel(each, { address: b, configEpoch: 7 });
  });

  it('[10] open a new epoch domain if a majority of new ids agrees and the server says so itself', () => {
    anew(s1);
    expect(anew(s2)).toEqual(
      expect.arrayContaining([
        { type: 'epochDomainOpened', target: primary, epoch: [1, 0] },
        confirmed(b, [1, 0]),
      ]),
    );
  });

  it('open none until the server says so itself', () => {
    scn.lost(b, 'data');
    anew(s1);
    expect(anew(s2).map((each) => each.type)).not.toContain('epochDomainOpened');
    expect(scn.role(b, 'master')).toEqual(
      expect.arrayContaining([
        { type: 'epochDomainOpened', target: primary, epoch: [1, 0] },
        confirmed(b, [1, 0]),
      ]),
    );
  });

  it('open none one by one, when the others are as they were', () => {
    expect(anew(s1, b, 7).map((each) => each.type)).not.toContain('epochDomainOpened');
    expect(scn.role(b, 'master')).toContainEqual(confirmed(b, [0, 7]));
  });

  it('make those before them stale, whatever epoch they tell', () => {
    anew(s1);
    anew(s2);
    scn.role(a, 'master');
    const old = scn.sentinel(s3, { address: a, configEpoch: 99 });
    const oldToo = scn.sentinel(
      endpoint('10.0.1.9:26379'),
      { address: a, configEpoch: 99 },
      { id: `id of ${s1}` },
    );
    expect([...old, ...oldToo]).not.toContainEqual(confirmed(a, [1, 99]));
    expect([...old, ...oldToo]).not.toContainEqual(confirmed(a, [0, 99]));
  });
});

describe('a master name that the Sentinels do not know', () => {
  it('[12] has nobody to use, and its Sentinels do not count', () => {
    for (const each of [s1, s2, s3]) scn.said(each, 'witness', { type: 'unknownMaster', name: 'mymaster' });
    expect(scn.role(a, 'master')).not.toContainEqual(aClaim);
  });
});

describe('replication without Sentinels', () => {
  const primaryOf = (server: EndpointId, sequence: number): unknown =>
    expect.objectContaining({
      type: 'claimSeen',
      target: 'redis/primary',
      server,
      ground: { type: 'confirmed', epoch: [0, sequence] },
    });
  const isOver = (server: EndpointId): unknown => expect.objectContaining({ type: 'claimWithdrawn', server });

  beforeEach(() => {
    scn = scene({ servers: [a, b, c] });
  });

  const start = () => {
    scn.role(a, 'master');
    scn.role(b, a);
    return scn.role(c, a);
  };

  it('uses the one that says master, once all were heard or tried', () => {
    expect(scn.role(a, 'master')).not.toContainEqual(aClaim);
    expect(scn.role(b, a)).not.toContainEqual(aClaim);
    expect(scn.lost(c, 'data')).toContainEqual(primaryOf(a, 0));
  });

  it('uses the one that the others follow, if two say master', () => {
    scn.role(a, 'master');
    scn.role(b, 'master');
    expect(scn.role(c, b)).toContainEqual(primaryOf(b, 0));
  });

  it('uses nobody on a tie', () => {
    scn.role(a, 'master');
    scn.role(b, 'master');
    expect(scn.lost(c, 'data')).not.toContainEqual(aClaim);
  });

  it('keeps the holder as long as it can be reached and says master', () => {
    start();
    expect(scn.role(b, 'master')).not.toContainEqual(aClaim);
    expect(scn.role(c, b)).not.toContainEqual(aClaim);
    expect(scn.role(a, 'master')).toContainEqual(primaryOf(a, 0));
  });

  it('follows a replica that was promoted while the holder is away', () => {
    start();
    scn.lost(a, 'data');
    expect(scn.at(100).role(b, 'master')).toContainEqual(primaryOf(b, 1));
  });

  it('keeps the claim while the holder is away and nobody was promoted', () => {
    start();
    const news = [...scn.lost(a, 'data'), ...scn.role(b, a), ...scn.role(c, a)];
    expect(news).toEqual([]);
    expect(scn.role(a, 'master')).toContainEqual(primaryOf(a, 0));
  });

  it('does not go back to an old primary that was started again', () => {
    start();
    scn.lost(a, 'data');
    scn.role(b, 'master');
    scn.role(c, b);
    expect(scn.role(a, 'master')).not.toContainEqual(aClaim);
    scn.lost(b, 'data');
    expect(scn.role(a, 'master')).not.toContainEqual(aClaim);
  });

  it('moves when the holder was made a replica, and names whom it follows', () => {
    start();
    const news = scn.at(100).role(a, b);
    expect(news).toContainEqual(isOver(a));
    expect(news).toContainEqual({
      type: 'successorNamed',
      target: 'redis/primary',
      server: b,
      namedAt: 100,
      by: a,
    });
    expect(scn.role(b, 'master')).toContainEqual(primaryOf(b, 1));
  });

  it('moves at once if the new one said master before the old one let go', () => {
    start();
    scn.role(b, 'master');
    const news = scn.role(a, b);
    expect(news).toContainEqual(isOver(a));
    expect(news).toContainEqual(primaryOf(b, 1));
  });

  it('ends the claim on READONLY from the data path, and comes back if the holder says master again', () => {
    start();
    expect(scn.refuses(a, 'READONLY')).toContainEqual(isOver(a));
    expect(scn.role(a, 'master')).toContainEqual(primaryOf(a, 1));
  });
});
