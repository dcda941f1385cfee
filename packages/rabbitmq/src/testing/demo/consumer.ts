import type { EndpointId, Runtime } from '@failover/core';
import type { AmqpChannel } from '../amqp-channel.ts';
import { connectAmqp, type AmqpClient } from '../amqp-client.ts';
import { copyOf } from '../copies.ts';
import { queue, type Ledger } from './ledger.ts';

export interface Consumer {
  /** How often its connection or channel broke, or it was told that it is no consumer any more. */
  readonly broken: number;
  stop(): Promise<void>;
}

const prefetchCount = 100;
/** ms: longer than any hold window. */
const openMs = 120_000;
/** ms until it is tried again. */
const againMs = 100;

/** Takes and acknowledges all that comes, and writes it down. Should it break it begins again, and that is counted. */
export function startConsumer(runtime: Runtime, endpoint: EndpointId, ledger: Ledger): Consumer {
  let client: AmqpClient | undefined;
  let broken = 0;
  let isOver = false;

  async function consume(): Promise<void> {
    try {
      client = await connectAmqp(runtime, endpoint, { timeoutMs: openMs });
      const channel = await client.openChannel();
      await channel.rpc('basic.qos', { prefetchCount });
      await channel.consume(queue, (delivery) => {
        ledger.add(copyOf(delivery));
        channel.send('basic.ack', { deliveryTag: delivery.method.deliveryTag });
      });
      await ended(channel);
    } catch {
      // Counted below.
    }
    if (isOver) return;
    broken += 1;
    client?.destroy();
    runtime.after(againMs, () => void (isOver ? undefined : consume()));
  }

  void consume();
  return {
    get broken() {
      return broken;
    },
    async stop() {
      isOver = true;
      await client?.close();
    },
  };
}

function ended(channel: AmqpChannel): Promise<unknown> {
  const cancelled = new Promise<void>((resolve) => channel.onCancel(() => resolve()));
  return Promise.race([channel.closed, cancelled]);
}
