import type { EndpointId } from '@failover/core';
import { hostOf, portOf } from '@failover/core';
import { slotCount } from '../../protocol/key-slot.ts';
import type { RespVersion } from '../identity.ts';
import { refusedByUs } from '../refuse.ts';
import { answerCluster } from './cluster-face.ts';

/** What CLUSTER asks for: the shard of a slot knows it, or we do. */
export type OfCluster =
  { readonly type: 'shard'; readonly slot: number } | { readonly type: 'answer'; readonly reply: Buffer };

/** What a client that knows of no shards asks of its cluster, whose only node is where the client has reached us. */
export function ofCluster(
  args: readonly Buffer[],
  reachedAt: EndpointId | undefined,
  resp: RespVersion,
): OfCluster {
  const subcommand = args[1]?.toString('latin1').toUpperCase() ?? '';
  if (subcommand === 'COUNTKEYSINSLOT' || subcommand === 'GETKEYSINSLOT') {
    return { type: 'shard', slot: Number(args[2]?.toString('latin1') ?? NaN) };
  }
  const ranges = [[0, slotCount - 1]] as const;
  const nodes = reachedAt === undefined ? [] : [{ host: hostOf(reachedAt), port: portOf(reachedAt), ranges }];
  const reply = answerCluster(args, nodes, resp);
  return {
    type: 'answer',
    reply: reply ?? refusedByUs(`CLUSTER ${subcommand.slice(0, 64)}`, 'it is about one node'),
  };
}
