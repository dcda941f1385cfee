import { target } from '@failover/core';
import type { Ms, Observation, Report, Rules } from '@failover/core';
import type { RedisConfig } from './config.ts';
import type { RedisReply } from './replies.ts';
import { passTimeOfNodes, stepNodes, wakeOfNodes } from './rules/by-nodes.ts';
import type { ReplicationState } from './rules/by-replication.ts';
import { initReplication, stepReplication } from './rules/by-replication.ts';
import { stepSentinels } from './rules/by-sentinels.ts';
import type { NodesState } from './rules/nodes-state.ts';
import { initNodes } from './rules/nodes-state.ts';
import type { SentinelState } from './rules/sentinel-state.ts';
import { initSentinels } from './rules/sentinel-state.ts';

/** What the rules remember. `hasTold` turns true with the first step, which tells of the targets. */
export interface RulesState {
  readonly hasTold: boolean;
  readonly memory: SentinelState | ReplicationState | NodesState;
}

/**
 * The pure fold over what Sentinels and servers say. A claim rests on two words: that of the Sentinels (a
 * majority names the server, or the one that leads a failover chose it) and that of the server itself. In a Redis
 * Cluster the server's own word has the number of its election with it.
 */
export const rules: Rules<RedisConfig, RedisReply, RulesState> = {
  init: (config) => ({
    hasTold: false,
    memory: initMemory(config),
  }),
  step(state, input, now) {
    const { memory } = state;
    const [next, news] = input.type === 'tick' ? passTime(memory, now) : hear(memory, input, now);
    const wakeAt = next.type === 'nodes' ? wakeOfNodes(next) : undefined;
    if (!state.hasTold) {
      const observations = [...targetsOf(memory), ...news];
      return { state: { hasTold: true, memory: next }, observations, wakeAt };
    }
    return { state: next === memory ? state : { hasTold: true, memory: next }, observations: news, wakeAt };
  },
};

function initMemory(config: RedisConfig): RulesState['memory'] {
  if (config.cluster.length > 0) return initNodes(config);
  return config.sentinels.length > 0 ? initSentinels(config) : initReplication(config);
}

/** Leases run in core, and silence is told by the monitor: only who leaves a Redis Cluster is given time. */
function passTime(
  memory: RulesState['memory'],
  now: Ms,
): readonly [RulesState['memory'], readonly Observation[]] {
  return memory.type === 'nodes' ? passTimeOfNodes(memory, now) : [memory, []];
}

function hear(
  memory: RulesState['memory'],
  report: Report<RedisReply>,
  now: Ms,
): readonly [RulesState['memory'], readonly Observation[]] {
  switch (memory.type) {
    case 'sentinels':
      return stepSentinels(memory, report, now);
    case 'replication':
      return stepReplication(memory, report, now);
    case 'nodes':
      return stepNodes(memory, report, now);
  }
}

/** Both targets of a name; those of a cluster's shards are told when they are learnt. */
function targetsOf({ type, name }: RulesState['memory']): readonly Observation[] {
  if (type === 'nodes') return [];
  return (['primary', 'replica'] as const).map((role) => ({
    type: 'targetSeen',
    target: target(name, role),
  }));
}
