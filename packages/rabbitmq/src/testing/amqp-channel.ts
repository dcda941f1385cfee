import type { EndpointId, Runtime } from '@failover/core';
import { decodeMethod } from '../protocol/decode.ts';
import { encodeContent } from '../protocol/encode.ts';
import { frameHeaderBytes, frameType } from '../protocol/frame.ts';
import { methods, type Arguments, type Method, type MethodName } from '../protocol/methods.ts';
import { decodeProperties, type Properties } from '../protocol/properties.ts';
import { AmqpEndError, type AmqpEnd } from './amqp-end.ts';
import type { AmqpLink } from './amqp-link.ts';

/** A message as it came, with the method that brought it. */
export interface Received<N extends MethodName> {
  readonly method: Extract<Method, { readonly name: N }>;
  readonly properties: Properties;
  readonly body: Buffer;
}

export interface Outgoing {
  /** Default `''`, which takes the routing key for the name of a queue. */
  readonly exchange?: string;
  readonly routingKey: string;
  readonly body: Buffer | string;
  readonly properties?: Properties;
  readonly mandatory?: boolean;
}

/** What answers a method, for example `queue.declare-ok`. */
export type ReplyTo<N extends MethodName> = Extract<Method, { readonly name: `${N}-ok` }>;

export interface AmqpChannel {
  readonly id: number;
  /**
   * Sends a method and waits for its `-ok`. What is left out is zero. A missing answer ends the connection: nobody
   * would know whose the next one is.
   * @throws AmqpEndError
   */
  rpc<N extends MethodName>(name: N, values?: Partial<Arguments<N>>, timeoutMs?: number): Promise<ReplyTo<N>>;
  /** A method that has no answer, for example `basic.ack`. */
  send<N extends MethodName>(name: N, values?: Partial<Arguments<N>>): void;
  /**
   * Needs `confirm.select`. Resolves with what the server said about it.
   * @throws AmqpEndError; with `timedOut` the channel lives on
   */
  publish(message: Outgoing, timeoutMs?: number): Promise<'ack' | 'nack'>;
  /** Without waiting for anything. */
  publishBlindly(message: Outgoing): void;
  /** Resolves with the consumer's tag. Deliveries come in order; acks are the caller's. */
  consume(
    queue: string,
    onDelivery: (delivery: Received<'basic.deliver'>) => void,
    values?: Partial<Arguments<'basic.consume'>>,
    timeoutMs?: number,
  ): Promise<string>;
  /** One message, or `undefined` if there is none. */
  get(queue: string, noAck?: boolean, timeoutMs?: number): Promise<Received<'basic.get-ok'> | undefined>;
  /** Calls back for messages that came back as unroutable. */
  onReturn(listener: (returned: Received<'basic.return'>) => void): void;
  /** Calls back with the tag of a consumer that the server has cancelled. */
  onCancel(listener: (consumerTag: string) => void): void;
  readonly isClosed: boolean;
  /** Resolves once, never rejects. */
  readonly closed: Promise<AmqpEnd>;
  close(timeoutMs?: number): Promise<void>;
}

interface Waiting {
  readonly names: readonly string[];
  readonly resolve: (received: Received<MethodName>) => void;
  readonly reject: (error: AmqpEndError) => void;
}

interface Confirming {
  readonly resolve: (said: 'ack' | 'nack') => void;
  readonly reject: (error: AmqpEndError) => void;
}

const empty = Buffer.alloc(0);

/** @throws AmqpEndError if it is refused, or not opened in time */
export async function openChannel(host: {
  readonly runtime: Runtime;
  readonly endpoint: EndpointId;
  readonly link: AmqpLink;
  readonly id: number;
  readonly timeoutMs: number;
}): Promise<AmqpChannel> {
  const { runtime, link, id, timeoutMs } = host;
  const where = `${host.endpoint} channel ${id}`;
  const waiting: Waiting[] = [];
  const confirming = new Map<number, Confirming>();
  const consumers = new Map<string, (delivery: Received<'basic.deliver'>) => void>();
  let incoming: { method: Method; properties: Properties; left: number; bodies: Buffer[] } | undefined;
  let lastPublished = 0;
  let onReturn: (returned: Received<'basic.return'>) => void = () => undefined;
  let onCancel: (consumerTag: string) => void = () => undefined;
  let ended: AmqpEnd | undefined;
  let tellEnd: (end: AmqpEnd) => void = () => undefined;
  const closed = new Promise<AmqpEnd>((resolve) => (tellEnd = resolve));

  function end(why: AmqpEnd): void {
    if (ended !== undefined) return;
    ended = why;
    link.sinks.delete(id);
    const error = new AmqpEndError(where, why);
    for (const { reject } of [...waiting.splice(0), ...confirming.values()]) reject(error);
    confirming.clear();
    tellEnd(why);
  }

  function send<N extends MethodName>(name: N, values: Partial<Arguments<N>> = {}): void {
    if (ended === undefined) link.send(id, name, values as Arguments<N>);
  }

  /** Sends a method; the next one of these names is its answer. */
  function ask(
    name: MethodName,
    values: object,
    names: readonly string[],
    ms: number,
  ): Promise<Received<MethodName>> {
    return new Promise((resolve, reject) => {
      if (ended !== undefined) return reject(new AmqpEndError(where, ended));
      const cancel = runtime.after(ms, () => link.end({ type: 'timedOut', waitedFor: names[0] ?? name }));
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          cancel();
          then(value);
        };
      waiting.push({ names, resolve: settle(resolve), reject: settle(reject) });
      send(name, values);
    });
  }

  function confirm(said: 'ack' | 'nack', tag: number, isMultiple: boolean): void {
    for (const [sequence, { resolve }] of [...confirming]) {
      if (sequence !== tag && !(isMultiple && (tag === 0 || sequence < tag))) continue;
      confirming.delete(sequence);
      resolve(said);
    }
  }

  function onMethod(method: Method, properties: Properties, body: Buffer): void {
    const received = { method, properties, body };
    switch (method.name) {
      case 'basic.deliver':
        return consumers.get(method.consumerTag)?.({ ...received, method });
      case 'basic.return':
        return onReturn({ ...received, method });
      case 'basic.ack':
        return confirm('ack', method.deliveryTag, method.multiple);
      case 'basic.nack':
        return confirm('nack', method.deliveryTag, method.multiple);
      case 'basic.cancel':
        return onCancel(method.consumerTag);
      case 'channel.flow':
        return send('channel.flow-ok', { active: method.active });
      case 'channel.close': {
        const { replyCode, replyText } = method;
        send('channel.close-ok');
        return end({ type: 'closedByServer', replyCode, replyText });
      }
      default: {
        const [next] = waiting;
        if (next?.names.includes(method.name) !== true) {
          return link.end({ type: 'lost', reason: `${method.name} that nobody asked for` });
        }
        waiting.shift();
        next.resolve(received);
      }
    }
  }

  function publishBlindly(message: Outgoing): void {
    const { exchange = '', routingKey, properties = {}, mandatory = false } = message;
    const body = typeof message.body === 'string' ? Buffer.from(message.body) : message.body;
    send('basic.publish', { exchange, routingKey, mandatory });
    for (const frame of encodeContent(id, properties, body, link.frameMax)) link.write(frame);
  }

  link.sinks.set(id, {
    end,
    onFrame(bytes, from, to) {
      if (bytes[from] === frameType.method) {
        const method = decodeMethod(bytes, from, to);
        if ('hasContent' in methods[method.name]) incoming = { method, properties: {}, left: -1, bodies: [] };
        else onMethod(method, {}, empty);
        return;
      }
      if (incoming === undefined) return link.end({ type: 'lost', reason: 'content without a method' });
      if (bytes[from] === frameType.header) {
        const { properties, bodySize } = decodeProperties(bytes, from + frameHeaderBytes, to - 1);
        incoming = { ...incoming, properties, left: bodySize };
      } else {
        incoming.bodies.push(Buffer.from(bytes.subarray(from + frameHeaderBytes, to - 1)));
        incoming.left -= to - from - frameHeaderBytes - 1;
      }
      if (incoming.left !== 0) return;
      const { method, properties, bodies } = incoming;
      incoming = undefined;
      onMethod(method, properties, Buffer.concat(bodies));
    },
  });
  if (link.ended !== undefined) end(link.ended);
  await ask('channel.open', {}, ['channel.open-ok'], timeoutMs);

  const channel: AmqpChannel = {
    id,
    async rpc<N extends MethodName>(name: N, values: Partial<Arguments<N>> = {}, ms = timeoutMs) {
      // Sequence numbers begin here.
      if (name === 'confirm.select') lastPublished = 0;
      const { method } = await ask(name, values, [`${name}-ok`], ms);
      return method as ReplyTo<N>;
    },
    send,
    publish: (message, ms = timeoutMs) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(new AmqpEndError(where, ended));
        lastPublished += 1;
        const sequence = lastPublished;
        const cancel = runtime.after(ms, () => {
          confirming.delete(sequence);
          reject(new AmqpEndError(where, { type: 'timedOut', waitedFor: 'confirm' }));
        });
        confirming.set(sequence, {
          resolve(said) {
            cancel();
            resolve(said);
          },
          reject(error) {
            cancel();
            reject(error);
          },
        });
        publishBlindly(message);
      }),
    publishBlindly(message) {
      lastPublished += 1;
      publishBlindly(message);
    },
    async consume(queue, onDelivery, values = {}, ms = timeoutMs) {
      // Deliveries may come in the same chunk as the answer: the tag is ours.
      const consumerTag = values.consumerTag ?? `consumer-${id}-${consumers.size + 1}`;
      consumers.set(consumerTag, onDelivery);
      await ask('basic.consume', { ...values, queue, consumerTag }, ['basic.consume-ok'], ms);
      return consumerTag;
    },
    async get(queue, noAck = false, ms = timeoutMs) {
      const answer = await ask('basic.get', { queue, noAck }, ['basic.get-ok', 'basic.get-empty'], ms);
      return answer.method.name === 'basic.get-ok' ? { ...answer, method: answer.method } : undefined;
    },
    onReturn: (listener) => (onReturn = listener),
    onCancel: (listener) => (onCancel = listener),
    get isClosed() {
      return ended !== undefined;
    },
    closed,
    async close(ms = timeoutMs) {
      if (ended !== undefined) return;
      const values = { replyCode: 200, replyText: 'Goodbye' };
      await ask('channel.close', values, ['channel.close-ok'], ms).catch(() => undefined);
      end({ type: 'closedByUs' });
    },
  };
  return channel;
}
