import type { Cluster, HoldRequest, Lease, Ms, Picker, TargetId } from '@failover/core';
import { members, nearest, orPrimary, targetId } from '@failover/core';
import type { RedisConfig } from '../config.ts';
import type { ListenerRole } from './handshake.ts';

/** Where a listener's commands come to: a target of the cluster, and whether the last choice is still right. */
export interface Origin {
  readonly role: ListenerRole;
  readonly shard: string;
  readonly target: TargetId;
  /** Rises whenever a lease that was taken before may not be the one to use any more. */
  readonly generation: number;
  /** When a server that serves it was heard last, as far as it was looked. */
  heardAt: Ms;
  /** Commands answered since somebody set it back. */
  answered: number;
  lease(): Lease | undefined;
  hold(request: HoldRequest): Promise<Lease>;
  close(): void;
}

/** Which server serves readers. */
export type ReplicaChoice = Pick<RedisConfig, 'replicaPreference' | 'replicaFallback'>;

export function createOrigin(
  cluster: Cluster,
  shard: string,
  role: ListenerRole,
  choice: ReplicaChoice,
): Origin {
  const target = targetId(shard, role);
  const picker = role === 'replica' ? readerPicker(choice) : undefined;
  const origin = {
    role,
    shard,
    target,
    generation: 0,
    heardAt: 0,
    answered: 0,
    lease() {
      const lease = cluster.lease(target, picker);
      // Asked while it is being fenced: whoever hears of that first shall not go on with it.
      return lease?.fenced.aborted === true ? undefined : lease;
    },
    hold: (request: HoldRequest) => cluster.hold(target, request, picker),
    close: cluster.onChange(target, () => {
      origin.generation += 1;
    }),
  };
  return origin;
}

function readerPicker({ replicaPreference, replicaFallback }: ReplicaChoice): Picker {
  const replicas = replicaPreference === 'nearest' ? nearest : members;
  return replicaFallback === 'primary' ? orPrimary(replicas) : replicas;
}
