import type { Picker } from '@failover/core';
import { isAvailable, members } from '@failover/core';
import { queueTarget } from './rules/queue-leaders.ts';

/**
 * The node that leads a queue, while it is up and known; else any. A preference for the next connection, and never a
 * reason to leave one that works. Leaders are known where a management API is configured.
 */
export function leaderPreferred(vhost: string, queue: string): Picker {
  const { id } = queueTarget(vhost, queue);
  return {
    name: `leader of ${vhost} ${queue}`,
    compile(topology, target) {
      const claim = topology.targets.get(id)?.claim;
      const leader = claim?.type === 'confirmed' ? topology.servers.get(claim.server) : undefined;
      if (leader === undefined || !isAvailable(leader) || leader.role !== target.role) {
        return members.compile(topology, target);
      }
      const { endpoint } = leader;
      return () => endpoint;
    },
  };
}
