import type { EndpointId, Runtime } from '@failover/core';
import { slotCount } from '../../protocol/key-slot.ts';
import { untilSettled } from '../until-settled.ts';
import { addressWords, idOf, must, type Ask } from './ask.ts';
import { seeNode } from './inspect-node.ts';
import type { SlotRange } from './shard.ts';

export interface FormOptions {
  readonly runtime: Runtime;
  readonly ask: Ask;
  /** The primaries, then replicas: first one of each shard, and so on. */
  readonly nodes: readonly EndpointId[];
  readonly shards: number;
  readonly busPortOf: (node: EndpointId) => number;
  readonly password: string | undefined;
  readonly timeoutMs: number;
}

/**
 * Makes a cluster of empty nodes. The links may take a moment longer.
 * @throws TestbedError if a node refuses, or they do not get to know each other in time
 */
export async function formCluster(options: FormOptions): Promise<void> {
  const { runtime, ask, nodes, shards, busPortOf, password, timeoutMs } = options;
  // Different from the start: else they find out one by one that they have the same epoch.
  await Promise.all(nodes.map((node, at) => must(ask, node, 'CLUSTER', 'SET-CONFIG-EPOCH', at + 1)));
  await Promise.all(nodes.slice(0, shards).map((node, shard) => addSlots(ask, node, rangeOf(shard, shards))));
  // Each meets each: gossip alone takes seconds.
  await Promise.all(
    nodes.flatMap((node, at) =>
      nodes
        .slice(at + 1)
        .map((other) => must(ask, node, 'CLUSTER', 'MEET', ...addressWords(other), busPortOf(other))),
    ),
  );
  await untilSettled(
    runtime,
    async () => {
      const strangers = await Promise.all(nodes.map((node) => strangersOf(runtime, node, nodes, password)));
      return strangers.flat();
    },
    timeoutMs,
    20,
  );
  const ids = await Promise.all(nodes.slice(0, shards).map((node) => idOf(ask, node)));
  await Promise.all(
    nodes
      .slice(shards)
      .map((node, at) => must(ask, node, 'CLUSTER', 'REPLICATE', ids[at % shards] as string)),
  );
}

/** Shards of equal size, as far as they can be. */
function rangeOf(shard: number, shards: number): SlotRange {
  const first = (at: number): number => Math.round((at * slotCount) / shards);
  return [first(shard), first(shard + 1) - 1];
}

async function addSlots(ask: Ask, node: EndpointId, [from, to]: SlotRange): Promise<void> {
  const reply = await ask(node, 'CLUSTER', 'ADDSLOTSRANGE', from, to);
  if (reply.type !== 'error') return;
  // Before 7 each slot is named.
  const slots = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  await must(ask, node, 'CLUSTER', 'ADDSLOTS', ...slots);
}

async function strangersOf(
  runtime: Runtime,
  node: EndpointId,
  all: readonly EndpointId[],
  password: string | undefined,
): Promise<readonly string[]> {
  const seen = await seeNode(runtime, node, password);
  if (seen.type === 'none') return [`${node} says nothing (${seen.reason})`];
  const met = seen.nodes.filter(({ flags }) => !flags.has('handshake')).map(({ address }) => address);
  return all.filter((other) => !met.includes(other)).map((other) => `${node} has not met ${other}`);
}
