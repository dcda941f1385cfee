import type { FailoverStep } from './election.ts';
import { follow } from './follow.ts';
import { describeInstance, type MasterState } from './master-state.ts';
import type { SentinelCore } from './sentinel-core.ts';

/** Does what a step of the election orders. */
export function perform(core: SentinelCore, state: MasterState, step: FailoverStep): void {
  state.failover = step.failover;
  const address = step.failover.promoted;
  for (const order of step.orders) {
    const replica = address === undefined ? undefined : state.replicas.get(address);
    switch (order.type) {
      case 'announce': {
        const about = order.about === 'promoted' && replica !== undefined ? replica : state.master;
        core.announce(order.event, describeInstance(state, about));
        break;
      }
      case 'promote':
        if (replica !== undefined) follow(replica, undefined);
        break;
    }
  }
}
