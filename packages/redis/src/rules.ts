import { target } from '@failover/core';
import type { Ms, Observation, Report, Rules } from '@failover/core';
import type { RedisConfig } from './config.ts';
import type { RedisReply } from './replies.ts';
import type { ReplicationState } from './rules/by-replication.ts';
import { initReplication, stepReplication } from './rules/by-replication.ts';
import { stepSentinels } from './rules/by-sentinels.ts';
import type { SentinelState } from './rules/sentinel-state.ts';
import { initSentinels } from './rules/sentinel-state.ts';

/** What the rules remember. `hasTold` turns true with the first step, which tells of the targets. */
export interface RulesState {
  readonly hasTold: boolean;
  readonly memory: SentinelState | ReplicationState;
}

/**
 * The pure fold over what Sentinels and servers say. A claim rests on two words: that of the Sentinels (a
 * majority names the server, or the one that leads a failover chose it) and that of the server itself.
 */
export const rules: Rules<RedisConfig, RedisReply, RulesState> = {
  init: (config) => ({
    hasTold: false,
    memory: config.sentinels.length > 0 ? initSentinels(config) : initReplication(config),
  }),
  step(state, input, now) {
    const { memory } = state;
    // Nothing here waits for time: leases run in core, and silence is told by the monitor.
    const [next, news] = input.type === 'tick' ? ([memory, []] as const) : hear(memory, input, now);
    if (!state.hasTold) {
      return { state: { hasTold: true, memory: next }, observations: [...targetsOf(memory.name), ...news] };
    }
    return { state: next === memory ? state : { hasTold: true, memory: next }, observations: news };
  },
};

function hear(
  memory: RulesState['memory'],
  report: Report<RedisReply>,
  now: Ms,
): readonly [RulesState['memory'], readonly Observation[]] {
  return memory.type === 'sentinels'
    ? stepSentinels(memory, report, now)
    : stepReplication(memory, report, now);
}

/** Both targets of a name. */
function targetsOf(name: string): readonly Observation[] {
  return (['primary', 'replica'] as const).map((role) => ({
    type: 'targetSeen',
    target: target(name, role),
  }));
}
