import type { ShardsTestbed } from '@failover/redis/testing';
import { channelOf } from '../keys.ts';

/** At which nodes each channel has subscribers: equal texts mean the same nodes. */
export type SubscribedAt = ReadonlyMap<string, string>;

/** As the nodes say. Of patterns they tell only how many there are: those of all contenders go together. */
export async function subscribedAt(
  testbed: ShardsTestbed,
  contenders: readonly string[],
): Promise<SubscribedAt> {
  async function ask(...words: readonly string[]): Promise<string> {
    const replies = await Promise.all(testbed.nodes.map((node) => testbed.ask(node, 'PUBSUB', ...words)));
    return JSON.stringify(replies, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  }
  const found = new Map<string, string>();
  for (const contender of contenders) {
    const [plain, sharded] = [channelOf(contender, 'plain'), channelOf(contender, 'sharded')];
    found.set(plain, await ask('NUMSUB', plain));
    found.set(sharded, await ask('SHARDNUMSUB', sharded));
    found.set(channelOf(contender, 'pattern'), await ask('NUMPAT'));
  }
  return found;
}
