import type { ChannelModel } from 'amqplib';

type Told = Readonly<Record<string, unknown>>;

/** What a channel tells of by itself, beside its close. */
export async function channelEvents(connection: ChannelModel, queue: string): Promise<Told> {
  const channel = await connection.createConfirmChannel({ highWaterMark: 1024 });
  const once = <A, B, T>(event: string, of: (told: A, more: B) => T): Promise<T> =>
    new Promise((resolve) => channel.once(event, (told: A, more: B) => resolve(of(told, more))));
  await channel.assertQueue(queue);

  const acked = once('ack', (fields: { readonly deliveryTag: number }) => fields.deliveryTag);
  channel.sendToQueue(queue, Buffer.from('one'));
  const ack = await acked;

  // A listener that throws is told of instead of ending the process.
  channel.once('return', () => {
    throw new Error('thrown by a listener');
  });
  const failed = once('handler-error', ({ message }: Error, event: string) => [message, event]);
  channel.publish('', 'nobody-there', Buffer.from('back'), { mandatory: true });
  const handlerError = await failed;

  const delivered = once('delivery', ({ content }: { readonly content: Buffer }) => content.toString());
  const cancelled = once('cancel', ({ consumerTag }: { readonly consumerTag: string }) => consumerTag);
  await channel.consume(queue, () => undefined, { consumerTag: 'own', noAck: true });
  const delivery = await delivered;
  const other = await connection.createChannel();
  await other.deleteQueue(queue);
  const cancel = await cancelled;
  await other.close();

  const drained = once('drain', () => 'there is room');
  while (channel.publish('', 'nobody-there', Buffer.alloc(64 * 1024)));
  const drain = await drained;
  await channel.waitForConfirms();
  await channel.close();
  return { ack, handlerError, delivery, cancel, drain };
}

/** An alarm is told to who publishes, and its end. */
export async function alarms(
  connection: ChannelModel,
  queue: string,
  alarm: (isOn: boolean) => Promise<void>,
): Promise<Told> {
  const channel = await connection.createConfirmChannel();
  const isBlocked = new Promise<string>((resolve) => connection.once('blocked', resolve));
  const isUnblocked = new Promise<string>((resolve) => connection.once('unblocked', () => resolve('again')));
  await alarm(true);
  channel.sendToQueue(queue, Buffer.from('waits'));
  const blocked = await isBlocked;
  await alarm(false);
  const unblocked = await isUnblocked;
  await channel.waitForConfirms();
  await channel.close();
  return { blocked, unblocked };
}
