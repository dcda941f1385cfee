import type { Broker } from './broker.ts';
import { cancelConsumers, type Queue } from './queue.ts';

function queuesAt(broker: Broker, node: string): readonly Queue[] {
  return [...broker.vhosts.values()].flatMap(({ queues }) =>
    [...queues.values()].filter(({ home }) => home === node),
  );
}

/**
 * A node is dead or given up. Quorum queues there have no leader any more; transient queues are gone, and durable
 * ones cannot be reached: consumers of both are told.
 */
export function loseHome(broker: Broker, node: string): void {
  for (const queue of queuesAt(broker, node)) {
    if (queue.type === 'quorum') queue.moveTo(undefined);
    else if (queue.isDurable) cancelConsumers(queue);
    else for (const vhost of broker.vhosts.values()) vhost.deleteQueue(queue);
  }
}

/** A node was started again: its durable queues are there, with what was persistent. */
export function returnHome(broker: Broker, node: string): void {
  for (const queue of queuesAt(broker, node)) if (queue.type === 'classic') queue.recover();
}
