import { createClient } from '@failover/rabbitmq';
import type { TestbedConfig } from '@failover/rabbitmq/testing';
import type { Messenger, Wish } from './messenger.ts';
import { openOnModel } from './on-model.ts';

/** Our own client, in the application's process. */
export async function failoverMessenger(config: TestbedConfig, wish: Wish): Promise<Messenger> {
  const client = createClient(config);
  const model = await client.connect({ clientProperties: { connection_name: wish.name } });
  const { publish } = await openOnModel(model, wish);
  return {
    publish,
    told() {
      const { switches = NaN, resent = NaN, unknown = NaN } = client.counters;
      return { switches, resent, unknown };
    },
    async close() {
      await model.close();
      await client.close();
    },
  };
}
