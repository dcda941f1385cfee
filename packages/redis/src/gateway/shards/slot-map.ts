import { targetId } from '@failover/core';
import type { AddressMap } from '../../map-addresses.ts';
import { slotCount } from '../../protocol/key-slot.ts';
import type { Cluster, EndpointId, HashRange, TopologyDescription } from '@failover/core';

/** Which shard serves which slot, as the cluster is believed to be now. */
export interface SlotMap {
  /** The shards that have slots, in the order in which they were learnt. */
  serving(): readonly string[];
  /** Undefined while nobody says that it serves this slot. */
  shardOf(slot: number): string | undefined;
  rangesOf(shard: string): readonly HashRange[];
  /** False of one that is gone. */
  isKnown(shard: string): boolean;
  /** Are replicas shown as nodes, for clients that read from them? */
  readonly showsReplicas: boolean;
  /** Where we reach what servers call so, as behind NAT. */
  reach(server: EndpointId): EndpointId;
  /** The shard that a server belongs to. */
  shardAt(server: EndpointId): string | undefined;
  /** A server says that a slot is elsewhere now: it knows before the monitors ask. Only of a shard that is known. */
  moved(slot: number, shard: string): void;
  /** Calls back once, after the next change. */
  onNextChange(listener: () => void): () => void;
  /** Calls back each time that a shard has got its first slots, or lost its last. */
  onServing(listener: () => void): () => void;
  close(): void;
}

export function createSlotMap(
  cluster: Pick<Cluster, 'topology$'>,
  addresses: AddressMap = new Map(),
  showsReplicas = false,
): SlotMap {
  /** Those that have slots, or may have. */
  let shards: string[] = [];
  let serving: readonly string[] = [];
  const owners = new Uint16Array(slotCount);
  const listeners = new Set<() => void>();
  const observers = new Set<() => void>();
  let known: Pick<TopologyDescription, 'targets' | 'servers'> | undefined;
  let shardAt: ReadonlyMap<EndpointId, string> = new Map();

  const reach = (server: EndpointId): EndpointId => addresses.get(server) ?? server;

  const isKnown = (shard: string): boolean => known?.targets.has(targetId(shard, 'primary')) === true;

  /** Its number from 1 on; 0 stands for nobody. */
  function numberOf(shard: string): number {
    const at = shards.indexOf(shard);
    return at === -1 ? shards.push(shard) : at + 1;
  }

  const subscription = cluster.topology$.subscribe(({ targets, servers }) => {
    if (known?.targets === targets && known.servers === servers) return;
    const before = { known, serving };
    known = { targets, servers };
    // A shard that is gone has no servers, whatever they were: a word that names one of them waits for who it is now.
    shardAt = new Map(
      [...servers.values()].flatMap(({ endpoint, shard }) =>
        shard !== undefined && isKnown(shard) ? [[endpoint, shard]] : [],
      ),
    );
    const ranges = [...targets.values()].filter((each) => each.ranges !== undefined);
    const isNews =
      ranges.some((each) => before.known?.targets.get(each.id)?.ranges !== each.ranges) ||
      !shards.every(isKnown);
    if (isNews) {
      shards = [];
      owners.fill(0);
      for (const each of ranges) {
        for (const [from, to] of each.ranges ?? []) owners.fill(numberOf(each.shard), from, to + 1);
      }
      serving = shards.filter((_, at) => owners.includes(at + 1));
    }
    if (serving.join() !== before.serving.join()) for (const listener of [...observers]) listener();
    const waiting = [...listeners];
    listeners.clear();
    for (const listener of waiting) listener();
  });

  return {
    serving: () => serving,
    shardOf: (slot) => shards[(owners[slot] ?? 0) - 1],
    rangesOf: (shard) => known?.targets.get(targetId(shard, 'primary'))?.ranges ?? [],
    isKnown,
    showsReplicas,
    reach,
    shardAt: (server) => shardAt.get(reach(server)),
    moved(slot, shard) {
      if (!isKnown(shard) || slot >= slotCount) return;
      owners[slot] = numberOf(shard);
      if (!serving.includes(shard)) serving = [...serving, shard];
    },
    onNextChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onServing(listener) {
      observers.add(listener);
      return () => observers.delete(listener);
    },
    close() {
      subscription.unsubscribe();
      observers.clear();
      listeners.clear();
    },
  };
}
