import type { AmqpChannel, AmqpClient } from '@failover/rabbitmq/testing';
import { now } from '../../clock.ts';
import type { Delivery } from '../load/orders.ts';
import { isResent, readPayload } from '../payload.ts';
import { keepConnected, type RawConnection } from './connection.ts';

const PREFETCH = 100;
/** ms without a delivery after which an empty queue is taken to be empty. */
const IDLE_MS = 500;

/** A second consumer of each queue, on a node that lives, with a ledger of its own. */
export interface ConsumeProber {
  readonly ledgers: ReadonlyMap<string, readonly Delivery[]>;
  /** Whether nothing of this queue is ready, and nothing has come for a while. */
  isEmpty(queue: string): Promise<boolean>;
  end(): void;
}

export async function startConsumeProber(server: string, queues: readonly string[]): Promise<ConsumeProber> {
  const ledgers = new Map<string, Delivery[]>(queues.map((queue) => [queue, []]));
  let asking: AmqpChannel | undefined;

  async function consume(client: AmqpClient): Promise<void> {
    asking = await client.openChannel();
    for (const [queue, ledger] of ledgers) {
      const channel = await client.openChannel();
      await channel.rpc('basic.qos', { prefetchCount: PREFETCH });
      await channel.consume(queue, ({ method, properties, body }) => {
        const { by, id, at: publishedAt } = readPayload(body.toString());
        const resent = isResent(properties.headers);
        ledger.push({ by, id, publishedAt, at: now(), redelivered: method.redelivered, resent });
        channel.send('basic.ack', { deliveryTag: method.deliveryTag });
      });
    }
  }

  let consuming: Promise<void> | undefined;
  const connection: RawConnection = await keepConnected(server, (client) => {
    consuming = consume(client);
    consuming.catch(() => {
      client.destroy();
    });
  });
  await consuming;

  return {
    ledgers,
    async isEmpty(queue) {
      if (asking === undefined || asking.isClosed) return false;
      const { messageCount } = await asking.rpc('queue.declare', { queue, passive: true });
      return messageCount === 0 && now() - (ledgers.get(queue)?.at(-1)?.at ?? 0) > IDLE_MS;
    },
    end: () => {
      connection.end();
    },
  };
}
