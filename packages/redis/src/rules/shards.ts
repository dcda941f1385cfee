import type { ListedNode } from '../replies.ts';

/**
 * Which shard a node belongs to, by its id. A Redis Cluster has no names for its shards, so each is called after the
 * primary that it was first seen with, and keeps that name through every failover.
 */
export type Shards = ReadonlyMap<string, string>;

/**
 * @param holders the id of each shard's primary
 * @returns the same map if these nodes, as one of them lists them, tell nothing new
 */
export function learnShards(
  shards: Shards,
  nodes: readonly ListedNode[],
  cluster: string,
  holders: ReadonlyMap<string, string>,
): Shards {
  const learnt = new Map(shards);
  for (const node of nodes) {
    // Without slots it may be new, or what is left of one that failed: it says later whom it follows.
    if (!isServing(node)) continue;
    if (!learnt.has(node.id) || isSplitOff(learnt, node, nodes, holders)) {
      learnt.set(node.id, nameFor(learnt, node, cluster));
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

const isServing = ({ follows, slots }: ListedNode): boolean => follows === undefined && slots.length > 0;

/**
 * It followed the primary of this shard, and now serves slots beside it: no successor, which would have its slots,
 * but a shard of its own.
 */
function isSplitOff(
  shards: Shards,
  { id, isMyself }: ListedNode,
  nodes: readonly ListedNode[],
  holders: ReadonlyMap<string, string>,
): boolean {
  const holder = holders.get(shards.get(id) ?? '');
  if (!isMyself || holder === undefined || holder === id || shards.get(holder) !== shards.get(id))
    return false;
  return nodes.some((node) => node.id === holder && isServing(node));
}

/** The name may be that of a shard which others of it have kept. */
function nameFor(shards: Shards, { id }: ListedNode, cluster: string): string {
  const name = `${cluster}-${id.slice(0, 8)}`;
  const taken = new Set(shards.values());
  for (let count = 1; ; count += 1) {
    const unique = count === 1 ? name : `${name}-${count}`;
    if (!taken.has(unique)) return unique;
  }
}
