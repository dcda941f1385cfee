import { connect } from 'amqp-connection-manager';
import type { Channel, ConfirmChannel } from 'amqplib';
import { QUORUM } from '../cluster/queue.ts';
import { urlOf } from '../cluster/cluster.ts';
import type { Messenger, Wish } from './messenger.ts';
import { arrivalOf } from './on-model.ts';

/** amqp-connection-manager as it comes: only the addresses are set. */
export async function connectionManagerMessenger(servers: readonly string[], wish: Wish): Promise<Messenger> {
  const connection = connect(servers.map(urlOf), {
    connectionOptions: { clientProperties: { connection_name: wish.name } },
  });
  connection.on('disconnect', ({ err }) => {
    wish.onClosed(err);
  });
  const publisher = connection.createChannel({
    setup: (channel: ConfirmChannel) => channel.assertQueue(wish.queue, QUORUM),
  });
  const consumer = connection.createChannel({
    confirm: false,
    setup: (channel: Channel) => channel.assertQueue(wish.queue, QUORUM),
  });
  for (const channel of [publisher, consumer]) channel.on('error', () => undefined);
  await consumer.consume(
    wish.queue,
    (message) => {
      wish.onArrival(arrivalOf(message));
      consumer.ack(message);
    },
    { prefetch: wish.prefetch },
  );
  await Promise.all([publisher.waitForConnect(), consumer.waitForConnect()]);
  return {
    publish: (text) => publisher.sendToQueue(wish.queue, Buffer.from(text), { persistent: true }),
    close: () => connection.close(),
  };
}
