import type {
  Channel,
  ChannelModel,
  ConfirmChannel,
  GetMessage,
  IllegalOperationError,
  Message,
  Replies,
  SocketOptions,
  credentials,
} from 'amqplib';
import { alarms, channelEvents } from './events.ts';

/** amqplib, or what stands in for it, before one cluster. */
export interface Face {
  readonly credentials: typeof credentials;
  readonly IllegalOperationError: typeof IllegalOperationError;
  connect(options?: SocketOptions): Promise<ChannelModel>;
  /** Raises an alarm at a node, or ends it. */
  alarm(isOn: boolean): Promise<void>;
}

/** Everything that amqplib's face can do, and what came of it: the same from two faces, or they differ. */
export async function transcript(face: Face, prefix: string): Promise<Readonly<Record<string, unknown>>> {
  const told: Record<string, unknown> = {};
  const names = (text: string): string => text.replaceAll(prefix, 'P');
  const tell = (what: string, value: unknown): void => {
    told[what] = typeof value === 'string' ? names(value) : value;
  };
  const outcome = async (what: string, run: () => Promise<unknown>): Promise<void> => {
    try {
      tell(what, names(JSON.stringify(await run())));
    } catch (error) {
      const { message, code, classId, methodId } = error as Error & Record<string, unknown>;
      tell(what, [names(message), code, classId, methodId]);
    }
  };
  const q = `${prefix}q`;
  const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } };

  const { plain, amqplain, external } = face.credentials;
  const known = [plain('guest', 'guest'), amqplain('guest', 'guest'), external()];
  tell(
    'credentials',
    known.map(({ mechanism, response }) => [mechanism, response().toString('hex')]),
  );
  const connection = await face.connect({ credentials: plain('guest', 'guest') });
  tell('serverProperties', Object.keys(connection.connection.serverProperties).sort());
  const channel = await connection.createChannel();
  await outcome('assertQueue', () => channel.assertQueue(q, quorum));
  await outcome('checkQueue', () => channel.checkQueue(q));
  await outcome('assertExchange', () => channel.assertExchange(`${prefix}x`, 'topic'));
  await outcome('checkExchange', () => channel.checkExchange(`${prefix}x`));
  await outcome('bindQueue', () => channel.bindQueue(q, `${prefix}x`, 'a.#'));
  await outcome('unbindQueue', () => channel.unbindQueue(q, `${prefix}x`, 'a.#'));
  await outcome('assertExchange fanout', () =>
    channel.assertExchange(`${prefix}y`, 'fanout', { autoDelete: true }),
  );
  await outcome('bindExchange', () => channel.bindExchange(`${prefix}y`, `${prefix}x`, '#'));
  await outcome('unbindExchange', () => channel.unbindExchange(`${prefix}y`, `${prefix}x`, '#'));
  await outcome('prefetch', () => channel.prefetch(7));
  tell('connection', channel.connection === connection.connection);
  await outcome('prefetch global', () => channel.prefetch(0, true));
  await outcome('get of nothing', () => channel.get(q));
  tell(
    'publish',
    channel.publish('', q, Buffer.from('one'), { headers: { a: 1 }, messageId: 'm', type: 't' }),
  );
  tell('sendToQueue', channel.sendToQueue(q, Buffer.from('two'), { priority: 1, persistent: true }));
  tell('get', await arrived(channel, q));
  await confirms(connection, q, tell, outcome);
  await consuming(connection, q, tell);
  tell('events', await channelEvents(connection, `${prefix}events`));
  tell('alarms', await alarms(connection, q, face.alarm));
  await outcome('recover', () => channel.recover());
  await outcome('purgeQueue', () => channel.purgeQueue(q));
  await outcome('deleteQueue', () => channel.deleteQueue(q));
  await outcome('deleteExchange', () => channel.deleteExchange(`${prefix}x`));
  await refusals(face, connection, prefix, tell, outcome);
  await outcome('close of a channel', () => channel.close());
  await outcome('close twice', async () => channel.close());
  const updated = new Promise((resolve) => connection.once('update-secret-ok', () => resolve('updated')));
  await outcome('updateSecret', () => connection.updateSecret(Buffer.from('guest'), 'again'));
  tell('update-secret-ok', await updated);
  const closed = new Promise((resolve) => connection.once('close', () => resolve('closed')));
  await outcome('close', () => connection.close());
  tell('close event', await closed);
  await outcome('createChannel on a closed connection', () => connection.createChannel());
  return told;
}

type Tell = (what: string, value: unknown) => void;
type Outcome = (what: string, run: () => Promise<unknown>) => Promise<void>;

async function confirms(
  connection: ChannelModel,
  queue: string,
  tell: Tell,
  outcome: Outcome,
): Promise<void> {
  const channel: ConfirmChannel = await connection.createConfirmChannel();
  const events: string[] = [];
  channel.on('return', (message: Message) => events.push(`returned ${message.content.toString()}`));
  const called = new Promise((resolve) => {
    channel.sendToQueue(queue, Buffer.from('confirmed'), {}, (error: unknown, ok: Replies.Empty) =>
      resolve([error, ok]),
    );
  });
  tell('confirm callback', await called);
  channel.publish('', 'nobody-there', Buffer.from('lost'), { mandatory: true });
  await outcome('waitForConfirms', () => channel.waitForConfirms());
  tell('returned', events);
  await channel.close();
}

async function consuming(connection: ChannelModel, queue: string, tell: Tell): Promise<void> {
  const channel = await connection.createChannel();
  channel.sendToQueue(queue, Buffer.from('second'));
  const got: Message[] = [];
  let wake: () => void = () => undefined;
  const until = async (count: number): Promise<void> => {
    while (got.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  const { consumerTag } = await channel.consume(
    queue,
    (message) => {
      if (message === null) return;
      got.push(message);
      wake();
    },
    { consumerTag: 'own tag' },
  );
  await until(2);
  channel.nack(got[0] as Message, false, true);
  await until(3);
  channel.reject(got[1] as Message, true);
  await until(4);
  channel.ack(got[2] as Message);
  channel.ack(got[3] as Message, true);
  for (const text of ['a', 'b']) channel.sendToQueue(queue, Buffer.from(text));
  await until(6);
  channel.nackAll(true);
  await until(8);
  channel.ackAll();
  tell(
    'deliveries',
    got.map(({ content, fields }) => [content.toString(), fields.deliveryTag, fields.redelivered]),
  );
  tell('consumerTag', consumerTag);
  tell('cancel', await channel.cancel(consumerTag));
  tell(
    'all settled',
    await channel.checkQueue(queue).then(({ messageCount, consumerCount }) => [messageCount, consumerCount]),
  );
  await channel.close();
}

/** What the broker refuses closes the channel alone, with the same words. */
async function refusals(
  face: Face,
  connection: ChannelModel,
  prefix: string,
  tell: Tell,
  outcome: Outcome,
): Promise<void> {
  const each = async (what: string, run: (channel: Channel) => Promise<unknown>): Promise<void> => {
    const channel = await connection.createChannel();
    const events: unknown[] = [];
    const closed = new Promise<void>((resolve) => channel.once('close', () => resolve()));
    channel.on('error', (error: Error & { readonly code?: number }) => events.push(error.code));
    await outcome(what, () => run(channel));
    await closed;
    tell(`${what}: events`, events);
    await outcome(`${what}: afterwards`, async () => channel.checkQueue('any'));
    try {
      await channel.checkQueue('any');
    } catch (error) {
      const isOfClass = error instanceof face.IllegalOperationError;
      tell(`${what}: class`, isOfClass && [error.name, typeof error.stackAtStateChange]);
    }
  };
  await each('a queue that is not there', (channel) => channel.checkQueue(`${prefix}none`));
  await each('a reserved name', (channel) => channel.assertQueue('amq.mine'));
}

/** A message that was just published, without its properties that are empty. */
async function arrived(channel: Channel, queue: string): Promise<unknown> {
  const seen: unknown[] = [];
  while (seen.length < 2) {
    const message: GetMessage | false = await channel.get(queue, { noAck: true });
    if (message === false) continue;
    const { headers, messageId, type, priority, deliveryMode } = message.properties as unknown as Record<
      string,
      unknown
    >;
    seen.push([
      message.content.toString(),
      headers,
      messageId,
      type,
      priority,
      deliveryMode,
      message.fields.redelivered,
    ]);
  }
  return seen;
}
