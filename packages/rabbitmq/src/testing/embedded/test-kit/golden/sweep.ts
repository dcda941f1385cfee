import type { EndpointId, Runtime } from '@failover/core';
import { openRawClient } from '../raw-client.ts';
import { remove, removeExchange } from '../speak.ts';

const queues = ['a', 'b', 'd', ...Array.from({ length: 10 }, (_, at) => `t${at}`)];
const exchanges = ['e', 's', 'd'];

/**
 * Takes away what scenarios leave behind. Exclusive queues go a moment after their connection: until then they are
 * locked, which ends the channel.
 */
export async function sweep(runtime: Runtime, endpoint: EndpointId): Promise<void> {
  const client = openRawClient({ runtime, endpoint });
  await client.take();
  client.send(1, 'channel.open', {});
  await client.take();
  for (const queue of queues) {
    client.send(1, 'queue.delete', remove(queue));
    while ((await client.take())?.method.name === 'channel.close') {
      client.send(1, 'channel.close-ok', {});
      client.send(1, 'channel.open', {});
      await client.take();
      client.send(1, 'queue.delete', remove(queue));
    }
  }
  for (const name of exchanges) {
    client.send(1, 'exchange.delete', removeExchange(name));
    await client.take();
  }
  client.stream.destroy();
}
