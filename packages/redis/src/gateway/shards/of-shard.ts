import { refusedByUs } from '../refuse.ts';
import { answerCluster } from './cluster-face.ts';
import type { SlotMap } from './slot-map.ts';
import { ok } from '../status.ts';

/** The replicas of a shard are one node to its clients: whichever may serve readers now. */
export const replicasOf = (shard: string): string => `${shard}-replicas`;

/** Of no meaning: a shard is reached under its name, and no server has it. */
export const shardPort = 6379;

/**
 * What a client that is connected to one shard asks of its cluster. The shards are its nodes, each under its own name
 * and with no other address: which server has that name today is not its business.
 */
export function ofShard(
  name: string,
  slots: Pick<SlotMap, 'rangesOf' | 'serving' | 'showsReplicas'>,
  args: () => readonly Buffer[],
): Buffer | undefined {
  if (name === 'ASKING' || name === 'READONLY' || name === 'READWRITE') return ok;
  if (!name.startsWith('CLUSTER ')) return undefined;
  const nodes = slots.serving().map((shard) => ({
    host: shard,
    port: shardPort,
    ranges: slots.rangesOf(shard),
    ...(slots.showsReplicas ? { replicas: replicasOf(shard) } : {}),
  }));
  // Only lists look different in RESP3, and those clients read both.
  const answer = answerCluster(args(), nodes, 2);
  if (answer !== undefined || name === 'CLUSTER COUNTKEYSINSLOT' || name === 'CLUSTER GETKEYSINSLOT')
    return answer;
  return refusedByUs(name, 'it is about one node');
}
