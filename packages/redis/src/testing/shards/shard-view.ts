import type { EndpointId } from '@failover/core';
import { slotCount } from '../../protocol/key-slot.ts';
import type { SeenRole } from '../inspect.ts';
import type { KnownNode } from './cluster-nodes.ts';
import type { SeenNode } from './inspect-node.ts';
import type { Shard, SlotRange } from './shard.ts';

/** What all running nodes said at one time. */
export type ClusterView = ReadonlyMap<EndpointId, SeenNode>;

/** The id of each slot's owner, `undefined` where there is none. */
export type Owners = readonly (string | undefined)[];

/** The shards as more than half of the running nodes see them, in the order of their slots. */
export function shardsIn(view: ClusterView): readonly Shard[] {
  const owners = majorityOwners(view);
  const ranges = new Map<string, SlotRange[]>();
  owners.forEach((owner, slot) => {
    if (owner === undefined) return;
    const known = ranges.get(owner) ?? [];
    const last = known.at(-1);
    if (last?.[1] === slot - 1) known[known.length - 1] = [last[0], slot];
    else known.push([slot, slot]);
    ranges.set(owner, known);
  });
  const shards: Shard[] = [];
  for (const [primaryId, slots] of ranges) {
    const primary = addressIn(view, primaryId);
    if (primary !== undefined)
      shards.push({ primary, primaryId, slots, replicas: replicasIn(view, primaryId) });
  }
  return shards;
}

/** Who has the slot. */
export function shardOf(shards: readonly Shard[], slot: number): Shard | undefined {
  return shards.find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to));
}

/** What keeps the cluster from being settled, as sentences. Empty: all that runs agrees. */
export function clusterProblems(view: ClusterView): readonly string[] {
  const shards = shardsIn(view);
  const covered = shards.flatMap(({ slots }) => slots).reduce((sum, [from, to]) => sum + to - from + 1, 0);
  const problems = covered < slotCount ? [`${slotCount - covered} slots have no agreed primary`] : [];
  for (const { primary } of shards) if (!view.has(primary)) problems.push(`${primary} does not run`);
  const owners = majorityOwners(view);
  for (const [node, seen] of view) {
    if (seen.type === 'none') problems.push(`${node} says nothing (${seen.reason})`);
    else problems.push(...nodeProblems(node, seen, { view, shards, owners }));
  }
  return problems;
}

interface Agreed {
  readonly view: ClusterView;
  readonly shards: readonly Shard[];
  readonly owners: Owners;
}

function nodeProblems(
  node: EndpointId,
  seen: Extract<SeenNode, { type: 'node' }>,
  { view, shards, owners }: Agreed,
): readonly string[] {
  const problems = seen.isOk ? [] : [`${node}: cluster_state is not ok`];
  const own = ownersSeenBy(seen.nodes);
  const other = owners.filter((owner, slot) => owner !== own[slot]).length;
  if (other > 0) problems.push(`${node} sees ${other} slots elsewhere`);
  for (const known of view.keys()) {
    const entry = seen.nodes.find(({ address }) => address === known);
    if (entry === undefined) problems.push(`${node} does not know ${known}`);
    else if (['fail', 'fail?', 'handshake'].some((flag) => entry.flags.has(flag))) {
      problems.push(`${node} has ${[...entry.flags].join()} for ${known}`);
    }
  }
  if (shards.some(({ primary }) => primary === node)) {
    if (seen.role.type !== 'master') problems.push(`${node} has slots and does not say master`);
  } else problems.push(...followerProblems(node, seen.role, view));
  return problems;
}

/** Of a node without slots: it follows somebody, or it is a primary that has none and knows it. */
function followerProblems(node: EndpointId, role: SeenRole, view: ClusterView): readonly string[] {
  const entries = tablesIn(view).flatMap((nodes) => nodes.filter(({ address }) => address === node));
  if (role.type === 'none') return [`${node} tells no role (${role.reason})`];
  if (role.type === 'master') {
    const isAgreed = isMost(
      view,
      count(entries, ({ flags }) => flags.has('master')),
    );
    return isAgreed ? [] : [`${node} says master and is called a replica`];
  }
  const isAgreed = isMost(
    view,
    count(entries, ({ primaryId }) => primaryId !== undefined && addressIn(view, primaryId) === role.of),
  );
  if (!isAgreed) return [`${node} follows ${role.of}, and most do not know it`];
  return role.link === 'connected' ? [] : [`${node} has link ${role.link}`];
}

function majorityOwners(view: ClusterView): Owners {
  const votes = tablesIn(view).map(ownersSeenBy);
  const isMajority = (owner: string | undefined, slot: number): boolean =>
    owner !== undefined &&
    isMost(
      view,
      count(votes, (owners) => owners[slot] === owner),
    );
  return Array.from(
    { length: slotCount },
    (_, slot) => votes.find((owners) => isMajority(owners[slot], slot))?.[slot],
  );
}

/** Nobody has the slots of one that is called failed. */
function ownersSeenBy(nodes: readonly KnownNode[]): Owners {
  return ownersIn(nodes.filter(({ flags }) => !flags.has('fail')));
}

export function ownersIn(nodes: readonly KnownNode[]): Owners {
  const owners = new Array<string | undefined>(slotCount).fill(undefined);
  for (const { id, slots } of nodes) for (const [from, to] of slots) owners.fill(id, from, to + 1);
  return owners;
}

function replicasIn(view: ClusterView, primaryId: string): readonly EndpointId[] {
  const tables = tablesIn(view);
  const follows = (node: KnownNode): boolean => node.primaryId === primaryId && !node.flags.has('fail');
  return [...new Set(tables.flat().map(({ id }) => id))]
    .filter((id) =>
      isMost(
        view,
        count(tables, (nodes) => nodes.some((node) => node.id === id && follows(node))),
      ),
    )
    .map((id) => addressIn(view, id))
    .filter((address) => address !== undefined)
    .sort();
}

function addressIn(view: ClusterView, id: string): EndpointId | undefined {
  return tablesIn(view)
    .flat()
    .find((node) => node.id === id && node.address !== undefined)?.address;
}

function tablesIn(view: ClusterView): readonly (readonly KnownNode[])[] {
  return [...view.values()].flatMap((seen) => (seen.type === 'node' ? [seen.nodes] : []));
}

function isMost(view: ClusterView, votes: number): boolean {
  return votes * 2 > view.size;
}

function count<T>(all: readonly T[], isCounted: (each: T) => boolean): number {
  let sum = 0;
  for (const each of all) if (isCounted(each)) sum += 1;
  return sum;
}
