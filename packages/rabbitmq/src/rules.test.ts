import type { EndpointId, Observation, Report } from '@failover/core';
import { emptyTopology, endpoint, defaultReduceLimits, reduce } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { rabbitConfig } from './config.ts';
import type { NodeReport, QueueReport, RabbitReply } from './replies.ts';
import { nodesOf, rules } from './rules.ts';
import type { RulesState } from './rules.ts';
import { queueTarget } from './rules/queue-leaders.ts';
import { leaderPreferred } from './select-leader.ts';

const [a, b, c] = [endpoint('10.0.0.1:5672'), endpoint('10.0.0.2:5672'), endpoint('10.0.0.3:5672')];
const api = endpoint('10.0.0.1:15672');
const config = rabbitConfig.parse({ servers: [a, b], management: [api] });

const said = (
  server: EndpointId,
  reply: RabbitReply,
  kind: 'data' | 'witness' = 'data',
): Report<RabbitReply> => ({
  type: 'said',
  member: { endpoint: server, kind },
  openedAt: 1,
  reply,
});

function fold(...reports: readonly Report<RabbitReply>[]) {
  let state: RulesState = rules.step(rules.init(config), { type: 'tick' }, 0).state;
  const observations: Observation[] = [];
  for (const report of reports) {
    const step = rules.step(state, report, 1);
    ({ state } = step);
    observations.push(...step.observations);
  }
  return { state, observations };
}

const node = (name: string, at: EndpointId, ...conditions: readonly string[]): NodeReport => ({
  name,
  endpoint: at,
  isRunning: true,
  conditions,
});
const nodes: RabbitReply = {
  type: 'nodes',
  nodes: [node('n@a', a), node('n@b', b), node('n@c', c, 'memory alarm')],
};
const queue = (name: string, leader: string): QueueReport => ({ vhost: '/', name, leader });
const queues = (...list: readonly QueueReport[]): RabbitReply => ({ type: 'queues', queues: list });

describe('the rules', () => {
  it('tell of the target first, and of each node once', () => {
    expect(rules.step(rules.init(config), { type: 'tick' }, 0).observations).toEqual([
      { type: 'targetSeen', target: nodesOf('rabbitmq') },
    ]);
    const { observations } = fold(said(a, { type: 'alive' }), said(a, { type: 'alive' }));
    expect(observations).toEqual([{ type: 'roleSeen', server: a, shard: 'rabbitmq', role: 'peer' }]);
  });

  it('take members and alarms from the management API', () => {
    const { observations } = fold(said(api, nodes, 'witness'));
    expect(observations).toContainEqual(
      expect.objectContaining({
        type: 'membersSeen',
        isFresh: true,
        members: [a, b, c].map((at) => ({ endpoint: at, kind: 'data' })),
      }),
    );
    expect(observations).toContainEqual({ type: 'conditionsSeen', server: c, conditions: ['memory alarm'] });
  });

  it('tell an alarm as the node tells it, beside what the management API says, and forget it with its end', () => {
    const { observations } = fold(
      said(api, nodes, 'witness'),
      said(c, { type: 'blocked', reason: 'low on disk' }),
      said(c, { type: 'unblocked' }),
    );
    const told = observations.filter((each) => each.type === 'conditionsSeen' && each.server === c);
    expect(told.map((each) => each.type === 'conditionsSeen' && each.conditions)).toEqual([
      ['memory alarm'],
      ['memory alarm', 'blocked: low on disk'],
      ['memory alarm'],
    ]);
  });

  it('follow the leaders of queues, count their changes, and drop queues that are gone', () => {
    const { observations } = fold(
      said(api, nodes, 'witness'),
      said(api, queues(queue('q', 'n@a'), queue('r', 'n@b')), 'witness'),
      said(api, queues(queue('q', 'n@c')), 'witness'),
    );
    const { id } = queueTarget('/', 'q');
    const claims = observations.filter((each) => each.type === 'claimSeen' && each.target === id);
    expect(claims).toMatchObject([
      { server: a, ground: { epoch: [1] } },
      { server: c, ground: { epoch: [2] } },
    ]);
    expect(observations).toContainEqual({ type: 'targetGone', target: queueTarget('/', 'r').id });
  });

  it('follow no more queues than they may', () => {
    const many = Array.from({ length: 150 }, (_, at) => queue(`q${at}`, 'n@a'));
    const { state } = fold(said(api, nodes, 'witness'), said(api, queues(...many), 'witness'));
    expect(state.queues.size).toBe(100);
  });
});

describe('the picker that prefers a leader', () => {
  it('takes it while it is up, and any other node else', () => {
    let topology = emptyTopology('rabbitmq');
    const see = (...observations: readonly Observation[]): void => {
      for (const each of observations) ({ topology } = reduce(topology, each, 1, defaultReduceLimits));
    };
    see({
      type: 'membersSeen',
      source: 'config',
      isFresh: true,
      members: [a, b].map((at) => ({ endpoint: at, kind: 'data' })),
    });
    see(
      ...fold(
        said(a, { type: 'alive' }),
        said(b, { type: 'alive' }),
        said(api, nodes, 'witness'),
        said(api, queues(queue('q', 'n@b')), 'witness'),
      ).observations,
    );
    see({ type: 'targetSeen', target: nodesOf('rabbitmq') });
    for (const server of [a, b]) see({ type: 'serverAnswered', server, openedAt: 1 });
    const pick = () => {
      const target = topology.targets.get(nodesOf('rabbitmq').id);
      if (target === undefined) throw new Error('no target');
      const compiled = leaderPreferred('/', 'q').compile(topology, target);
      return new Set([1, 2, 3, 4].map((turn) => compiled(turn)));
    };
    expect(pick()).toEqual(new Set([b]));
    for (let at = 0; at < 3; at += 1) see({ type: 'serverFailed', server: b, openedAt: 2, reason: 'gone' });
    expect(pick()).toEqual(new Set([a]));
  });
});
