import type { ListedNode } from '../replies.ts';

/**
 * Which shard a node belongs to, by its id. A Redis Cluster has no names for its shards, so each is called after the
 * primary that it was first seen with, and keeps that name through every failover.
 */
export type Shards = ReadonlyMap<string, string>;

/** @returns the same map if these nodes, as one of them lists them, tell nothing new. */
export function learnShards(shards: Shards, nodes: readonly ListedNode[], cluster: string): Shards {
  const learnt = new Map(shards);
  for (const { id, follows, slots } of nodes) {
    // Without slots it may be new, or what is left of one that failed: it says later whom it follows.
    if (follows === undefined && slots.length > 0 && !learnt.has(id)) {
      learnt.set(id, `${cluster}-${id.slice(0, 8)}`);
    }
  }
  for (const { id, follows, isMyself } of nodes) {
    const shard = follows === undefined ? undefined : learnt.get(follows);
    // Of others it may be old news.
    if (shard !== undefined && (isMyself || !learnt.has(id))) learnt.set(id, shard);
  }
  const isSame = learnt.size === shards.size && [...learnt].every(([id, shard]) => shards.get(id) === shard);
  return isSame ? shards : learnt;
}
