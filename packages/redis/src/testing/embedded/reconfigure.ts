import { reconfigured } from './election.ts';
import { follow } from './follow.ts';
import { describeInstance, type MasterState } from './master-state.ts';
import { perform } from './perform.ts';
import type { SentinelCore } from './sentinel-core.ts';

/** ms: an order to follow that shows no effect in this time is given again. */
const orderMs = 10_000;

/** The other replicas follow the promoted one, a few at a time; then the failover ends. */
export function reconfigureReplicas(core: SentinelCore, state: MasterState): void {
  const { failover } = state;
  if (failover.state !== 'reconf_slaves' || failover.promoted === undefined) return;
  const now = core.runtime.now();
  const others = [...state.replicas.values()].filter(({ address }) => address !== failover.promoted);
  const isUnderWay = (one: (typeof others)[number]): boolean =>
    one.reconfiguration === 'sent' || one.reconfiguration === 'inprog';

  let underWay = others.filter(isUnderWay).length;
  for (const replica of others) {
    if (replica.reconfiguration === 'sent' && now - replica.reconfiguredAt > orderMs) {
      core.announce('-slave-reconf-sent-timeout', describeInstance(state, replica));
      replica.reconfiguration = 'none';
    }
    if (underWay >= state.parallelSyncs) break;
    if (replica.reconfiguration !== 'none' || !replica.link.isConnected) continue;
    follow(replica, failover.promoted);
    replica.reconfiguration = 'sent';
    replica.reconfiguredAt = now;
    underWay += 1;
    core.announce('+slave-reconf-sent', describeInstance(state, replica));
  }

  const promoted = state.replicas.get(failover.promoted);
  if (promoted === undefined || promoted.downSince !== undefined) return;
  const isTimeUp = now - failover.changedAt > state.failoverTimeoutMs;
  const left = others.filter((one) => one.reconfiguration !== 'done' && one.downSince === undefined);
  if (left.length > 0 && !isTimeUp) return;
  if (left.length > 0) {
    core.announce('+failover-end-for-timeout', describeInstance(state, state.master));
    for (const replica of left) if (replica.link.isConnected) follow(replica, failover.promoted);
  }
  perform(core, state, reconfigured(failover, now));
}
