import { Connection } from 'rabbitmq-client';
import { QUORUM } from '../cluster/queue.ts';
import { urlOf } from '../cluster/cluster.ts';
import { isResent } from '../payload.ts';
import type { Messenger, Wish } from './messenger.ts';

/** ms; a healthy cluster is connected to long before. */
const CONNECT_LIMIT_MS = 20_000;

/** rabbitmq-client as it comes: only the addresses are set. Its consumer acknowledges what its handler returned from. */
export async function rabbitmqClientMessenger(servers: readonly string[], wish: Wish): Promise<Messenger> {
  const [first = ''] = servers;
  const connection = new Connection({ url: urlOf(first), hosts: [...servers], connectionName: wish.name });
  // It tells of a lost connection as an error, and only of the first of several in a row.
  connection.on('error', wish.onClosed);
  await connection.onConnect(CONNECT_LIMIT_MS, true);
  const publisher = connection.createPublisher({ confirm: true, queues: [{ queue: wish.queue, ...QUORUM }] });
  const consumer = connection.createConsumer(
    { queue: wish.queue, queueOptions: QUORUM, qos: { prefetchCount: wish.prefetch } },
    ({ body, redelivered, headers }) => {
      wish.onArrival({ text: String(body), redelivered, resent: isResent(headers) });
    },
  );
  consumer.on('error', () => undefined);
  await new Promise<void>((resolve) => consumer.on('ready', resolve));
  return {
    publish: (text) => publisher.send({ routingKey: wish.queue, durable: true }, Buffer.from(text)),
    async close() {
      await Promise.all([publisher.close(), consumer.close()]);
      await connection.close();
    },
  };
}
