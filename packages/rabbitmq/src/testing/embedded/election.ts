import type { Cancel } from '@failover/core';
import { hasMajority } from './availability.ts';
import type { Broker } from './broker.ts';
import type { Queue } from './queue.ts';

/** Sees that quorum queues have leaders. */
export interface Elections {
  /** The health of some node changed. */
  review(): void;
  /** Gives what a node leads to others at once, as far as others are there. */
  handOver(node: string): void;
  /** Queues that have none. */
  leaderless(): readonly Queue[];
  stop(): void;
}

export function createElections(broker: Broker, log: (text: string) => void): Elections {
  const { runtime, settings, healthOf, mayLead } = broker;
  const pending = new Map<Queue, Cancel>();

  const allQueues = (): Queue[] => [...broker.vhosts.values()].flatMap(({ queues }) => [...queues.values()]);

  function lacksLeader(queue: Queue): boolean {
    return queue.type === 'quorum' && (queue.home === undefined || healthOf(queue.home) !== 'up');
  }

  function delayMs({ home }: Queue): number {
    const isHung = home !== undefined && healthOf(home) === 'hung';
    return isHung ? settings.hungElectionMs : settings.electionMs;
  }

  function elect(queue: Queue): void {
    pending.delete(queue);
    if (!lacksLeader(queue) || !hasMajority(queue, healthOf)) return;
    const electable = queue.members.filter(mayLead);
    const chosen = electable[Math.floor(runtime.random() * electable.length)];
    if (chosen === undefined) return;
    log(`queue '${queue.name}': elected leader ${chosen} in term ${queue.term + 1}`);
    queue.moveTo(chosen);
  }

  return {
    review() {
      broker.metadataGate.open();
      for (const queue of allQueues()) {
        queue.refresh();
        if (!lacksLeader(queue) || !hasMajority(queue, healthOf)) {
          pending.get(queue)?.();
          pending.delete(queue);
        } else if (!pending.has(queue)) {
          pending.set(
            queue,
            runtime.after(delayMs(queue), () => elect(queue)),
          );
        }
      }
    },
    handOver(node) {
      for (const queue of allQueues()) {
        if (queue.type !== 'quorum' || queue.home !== node) continue;
        const next = queue.members.find((member) => member !== node && mayLead(member));
        if (next !== undefined) queue.moveTo(next);
      }
    },
    leaderless: () => allQueues().filter(lacksLeader),
    stop() {
      for (const cancel of pending.values()) cancel();
      pending.clear();
    },
  };
}
