import type { EndpointId, Observation, TargetId } from '@failover/core';
import { target } from '@failover/core';
import type { QueueReport } from '../replies.ts';

/** Who leads each queue that is followed, and how often that changed since we look. */
export type QueueLeaders = ReadonlyMap<TargetId, { readonly leader: EndpointId; readonly changes: number }>;

export const noQueues: QueueLeaders = new Map();

/** The target of one queue. Its claim tells the node that leads it. */
export function queueTarget(vhost: string, name: string): ReturnType<typeof target> {
  return target(`queue ${vhost} ${name}`, 'primary');
}

/** RabbitMQ tells no term with a leader, so the changes that we see are counted: the management API is one voice. */
export function stepQueues(
  before: QueueLeaders,
  reports: readonly QueueReport[],
  endpoints: ReadonlyMap<string, EndpointId>,
  maxQueues: number,
): { readonly queues: QueueLeaders; readonly observations: readonly Observation[] } {
  const queues = new Map(before);
  const observations: Observation[] = [];
  const seen = new Set<TargetId>();
  for (const { vhost, name, leader: node } of reports) {
    const queue = queueTarget(vhost, name);
    const leader = node === undefined ? undefined : endpoints.get(node);
    const known = queues.get(queue.id);
    if (known === undefined && queues.size >= maxQueues) continue;
    seen.add(queue.id);
    if (leader === undefined) continue;
    const changes = known?.leader === leader ? known.changes : (known?.changes ?? 0) + 1;
    if (changes !== known?.changes) queues.set(queue.id, { leader, changes });
    if (known === undefined) observations.push({ type: 'targetSeen', target: queue });
    observations.push({
      type: 'claimSeen',
      target: queue.id,
      server: leader,
      ground: { type: 'confirmed', epoch: [changes] },
      openedAt: 0,
    });
  }
  const gone = [...before.keys()].filter((id) => !seen.has(id));
  for (const id of gone) {
    queues.delete(id);
    observations.push({ type: 'targetGone', target: id });
  }
  const isSame = gone.length === 0 && [...queues].every(([id, queue]) => before.get(id) === queue);
  return { queues: isSame ? before : queues, observations };
}
