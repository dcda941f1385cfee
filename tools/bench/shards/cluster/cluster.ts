import { type EndpointId, portOf } from '@failover/core';
import { launchShards, type ShardsTestbed } from '@failover/redis/testing';

/** A real Redis Cluster on loopback, which outlives many faults. */
export interface ShardedCluster extends AsyncDisposable {
  readonly testbed: ShardsTestbed;
  /** One for each shard, in the order of their slots: a key with it between braces is of that shard. */
  readonly tags: readonly string[];
}

/** ms; a node that comes back asks its successor for everything, and a split vote takes seconds. */
const SETTLE_LIMIT_MS = 60_000;

/** Three shards with a replica each. */
export async function launch(): Promise<ShardedCluster> {
  const testbed = await launchShards();
  console.log(`${testbed.kind} ${testbed.version}: ${testbed.how}`);
  try {
    return {
      testbed,
      tags: await findTags(testbed),
      [Symbol.asyncDispose]: () => testbed[Symbol.asyncDispose](),
    };
  } catch (error) {
    await testbed[Symbol.asyncDispose]();
    throw error;
  }
}

export const settled = ({ testbed }: ShardedCluster): Promise<void> => testbed.settled(SETTLE_LIMIT_MS);

/** The server tells the slots: nothing of ours decides what is measured. */
async function findTags(testbed: ShardsTestbed): Promise<readonly string[]> {
  const shards = await testbed.shards();
  const [node] = testbed.nodes;
  if (node === undefined) throw new Error('a cluster without nodes');
  const tags: (string | undefined)[] = shards.map(() => undefined);
  for (let tried = 0; tags.includes(undefined); tried += 1) {
    const tag = `t${tried}`;
    const reply = await testbed.ask(node, 'CLUSTER', 'KEYSLOT', tag);
    const slot = reply.type === 'integer' ? Number(reply.value) : NaN;
    const at = shards.findIndex(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to));
    if (at < 0) throw new Error(`nobody has the slot of ${tag}`);
    tags[at] ??= tag;
  }
  return tags.map((tag) => tag ?? '');
}

/** Who serves each tag now. @throws Error if a shard has nobody */
export async function primaries({ testbed, tags }: ShardedCluster): Promise<readonly EndpointId[]> {
  return Promise.all(
    tags.map(async (tag) => {
      const primary = await testbed.primaryOf(tag);
      if (primary === undefined) throw new Error(`nobody serves ${tag}`);
      return primary;
    }),
  );
}

/** Ports of those who may take over from this primary. */
export async function replicaPorts(
  { testbed }: ShardedCluster,
  primary: EndpointId,
): Promise<readonly number[]> {
  const shard = (await testbed.shards()).find((each) => each.primary === primary);
  return (shard?.replicas ?? []).map(portOf);
}
