import type { EndpointId, Member, Observation, Report, Rules, Target } from '@failover/core';
import { target } from '@failover/core';
import type { RabbitConfig } from './config.ts';
import type { RabbitReply } from './replies.ts';
import type { QueueLeaders } from './rules/queue-leaders.ts';
import { noQueues, stepQueues } from './rules/queue-leaders.ts';

/** What the rules remember. */
export interface RulesState {
  readonly name: string;
  readonly maxQueues: number;
  readonly hasTold: boolean;
  /** Nodes that answered once. */
  readonly peers: ReadonlySet<EndpointId>;
  /** By the names that Erlang gives them. */
  readonly endpoints: ReadonlyMap<string, EndpointId>;
  /** `connection.blocked` as each node told it; the alarm may be another node's. */
  readonly blocked: ReadonlyMap<EndpointId, string>;
  readonly listed: ReadonlyMap<EndpointId, readonly string[]>;
  readonly queues: QueueLeaders;
}

/** The target that every client goes to: all nodes are equal. */
export function nodesOf(name: string): Target {
  return target(name, 'peer');
}

/** The pure fold over what nodes and the management API say. Who leads a queue is the cluster's choice: we follow. */
export const rules: Rules<RabbitConfig, RabbitReply, RulesState> = {
  init: ({ name, maxQueues, addresses }) => ({
    name,
    maxQueues,
    hasTold: false,
    peers: new Set(),
    endpoints: addresses,
    blocked: new Map(),
    listed: new Map(),
    queues: noQueues,
  }),
  step(state, input, _now) {
    const [next, news] = input.type === 'said' ? hear(state, input) : ([state, []] as const);
    if (next.hasTold) return { state: next, observations: news };
    return {
      state: { ...next, hasTold: true },
      observations: [{ type: 'targetSeen', target: nodesOf(next.name) }, ...news],
    };
  },
};

type Step = readonly [RulesState, readonly Observation[]];

function hear(state: RulesState, report: Extract<Report<RabbitReply>, { readonly type: 'said' }>): Step {
  const { endpoint } = report.member;
  const { reply } = report;
  switch (reply.type) {
    case 'alive':
      if (state.peers.has(endpoint)) return [state, []];
      return [
        { ...state, peers: new Set([...state.peers, endpoint]) },
        [{ type: 'roleSeen', server: endpoint, shard: state.name, role: 'peer' }],
      ];
    case 'blocked':
      return tellConditions(
        { ...state, blocked: new Map(state.blocked).set(endpoint, reply.reason) },
        endpoint,
      );
    case 'unblocked': {
      const blocked = new Map(state.blocked);
      blocked.delete(endpoint);
      return tellConditions({ ...state, blocked }, endpoint);
    }
    case 'nodes':
      return hearNodes(state, report.member.endpoint, reply.nodes);
    case 'queues': {
      const { queues, observations } = stepQueues(
        state.queues,
        reply.queues,
        state.endpoints,
        state.maxQueues,
      );
      return [queues === state.queues ? state : { ...state, queues }, observations];
    }
  }
}

function tellConditions(state: RulesState, server: EndpointId): Step {
  const reason = state.blocked.get(server);
  const conditions = [
    ...(state.listed.get(server) ?? []),
    ...(reason === undefined ? [] : [`blocked: ${reason}`]),
  ];
  return [state, [{ type: 'conditionsSeen', server, conditions }]];
}

function hearNodes(
  state: RulesState,
  source: EndpointId,
  nodes: Extract<RabbitReply, { readonly type: 'nodes' }>['nodes'],
): Step {
  const endpoints = new Map(state.endpoints);
  const listed = new Map(state.listed);
  const observations: Observation[] = [];
  const members: Member[] = [];
  for (const node of nodes) {
    const endpoint = endpoints.get(node.name) ?? node.endpoint;
    if (endpoint === undefined) continue;
    endpoints.set(node.name, endpoint);
    listed.set(endpoint, node.conditions);
    members.push({ endpoint, kind: 'data' });
  }
  const next = { ...state, endpoints, listed };
  if (members.length > 0) {
    // A node that was taken out of the cluster is not listed any more; one that is down still is.
    observations.push({ type: 'membersSeen', source: `management ${source}`, isFresh: true, members });
  }
  for (const { endpoint } of members) observations.push(...tellConditions(next, endpoint)[1]);
  return [next, observations];
}
