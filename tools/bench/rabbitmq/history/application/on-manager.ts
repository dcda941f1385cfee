import { connect } from 'amqp-connection-manager';
import type { Channel, ConfirmChannel } from 'amqplib';
import { arrivalOf } from '../../client/on-model.ts';
import { urlOf } from '../../cluster/cluster.ts';
import { QUORUM } from '../../cluster/queue.ts';
import type { Application, ApplicationWish } from './application.ts';

/** amqp-connection-manager as it comes: only the addresses are set. */
export async function managerApplication(
  servers: readonly string[],
  wish: ApplicationWish,
): Promise<Application> {
  const open = (name: string): ReturnType<typeof connect> => {
    const connection = connect(servers.map(urlOf), {
      connectionOptions: { clientProperties: { connection_name: `${wish.name}.${name}` } },
    });
    connection.on('disconnect', ({ err }) => {
      wish.onClosed(`the connection to ${name}`, err);
    });
    return connection;
  };
  const publishing = open('publish');
  const consuming = open('consume');
  const setup = async (channel: Channel | ConfirmChannel): Promise<void> => {
    for (const queue of wish.queues) await channel.assertQueue(queue, QUORUM);
  };
  const publishers = Array.from({ length: wish.publishers }, () => publishing.createChannel({ setup }));
  const asking = consuming.createChannel({ confirm: false, setup });
  const consumers = wish.consumers.map(() => consuming.createChannel({ confirm: false, setup }));
  const channels = [...publishers, asking, ...consumers];
  for (const channel of channels) channel.on('error', () => undefined);
  await Promise.all(
    consumers.map(async (channel, at) => {
      await channel.consume(
        wish.consumers[at] ?? '',
        (message) => {
          wish.onArrival(at, arrivalOf(message));
          channel.ack(message);
        },
        { prefetch: wish.prefetch },
      );
    }),
  );
  await Promise.all(channels.map((channel) => channel.waitForConnect()));
  return {
    async publish(publisher, queue, text) {
      await publishers[publisher]?.sendToQueue(queue, Buffer.from(text), { persistent: true });
    },
    ask: (what, queue) => (what === 'declare' ? asking.assertQueue(queue, QUORUM) : asking.checkQueue(queue)),
    async close() {
      await Promise.allSettled([publishing.close(), consuming.close()]);
    },
  };
}
