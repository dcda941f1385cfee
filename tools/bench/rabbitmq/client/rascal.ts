import { createRequire } from 'node:module';
import type { ConsumeMessage } from 'amqplib';
import { QUORUM } from '../cluster/queue.ts';
import { urlOf } from '../cluster/cluster.ts';
import type { Messenger, Wish } from './messenger.ts';
import { arrivalOf } from './on-model.ts';

/** It brings no types: as far as we use it. */
interface Rascal {
  withDefaultConfig(config: unknown): unknown;
  createBrokerAsPromised(config: unknown): Promise<Broker>;
}
interface Emitter {
  on(event: string, listener: (...values: never[]) => void): unknown;
}
interface Broker extends Emitter {
  publish(name: string, text: Buffer): Promise<Emitter>;
  subscribe(name: string): Promise<Emitter>;
  shutdown(): Promise<void>;
}

/** It publishes each message on a channel of its own, of five as it comes: too few for the pace of the load. */
const CHANNELS = 50;

/** Rascal as it comes, but for its channels, and for the order of its servers: which is first must be known here. */
export async function rascalMessenger(servers: readonly string[], wish: Wish): Promise<Messenger> {
  const rascal = createRequire(import.meta.url)('rascal') as Rascal;
  const socketOptions = { clientProperties: { connection_name: wish.name } };
  const broker = await rascal.createBrokerAsPromised(
    rascal.withDefaultConfig({
      vhosts: {
        '/': {
          connectionStrategy: 'fixed',
          publicationChannelPools: { confirmPool: { max: CHANNELS } },
          connections: servers.map((server) => ({ url: urlOf(server), socketOptions })),
          queues: { [wish.queue]: { options: QUORUM } },
        },
      },
      publications: { out: { vhost: '/', queue: wish.queue, confirm: true } },
      subscriptions: { in: { vhost: '/', queue: wish.queue, prefetch: wish.prefetch } },
    }),
  );
  broker.on('error', () => undefined);
  broker.on('disconnect', () => {
    wish.onClosed('disconnected');
  });
  const subscription = await broker.subscribe('in');
  subscription.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    subscription.on('subscribed', resolve);
    subscription.on('message', (message: ConsumeMessage, _content: unknown, acknowledge: () => void) => {
      wish.onArrival(arrivalOf(message));
      acknowledge();
    });
  });
  return {
    async publish(text) {
      const publication = await broker.publish('out', Buffer.from(text));
      await new Promise<void>((resolve, reject) => {
        publication.on('success', () => {
          resolve();
        });
        publication.on('error', reject);
        publication.on('close', () => {
          reject(new Error('the channel was closed'));
        });
        publication.on('return', () => undefined);
      });
    },
    close: () => broker.shutdown(),
  };
}
