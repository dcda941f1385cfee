import { decodeMethod } from '../../protocol/decode.ts';
import { encodeContent, encodeMethod } from '../../protocol/encode.ts';
import { channelAt, frameEndAt, frameHeaderBytes, frameType } from '../../protocol/frame.ts';
import type { Arguments, Method, MethodName } from '../../protocol/methods.ts';
import { decodeProperties } from '../../protocol/properties.ts';
import { resentHeader } from '../message.ts';
import type { Upstream } from '../upstream.ts';

/** A message as a node got it: its text, and whether it says that it may be there twice. */
export interface Arrived {
  readonly text: string;
  readonly isMarked: boolean;
}

/** What a node is told of a delivery, each of which has a name of its own. */
export interface Settled {
  readonly delivery: string;
  readonly how: 'ack' | 'nack';
}

export interface ModelBroker {
  readonly upstream: Upstream;
  /** All that was appended leaves, and is answered. */
  flush(): void;
  /** A message for this consumer, if it is there and has room: the body is the name of the delivery. */
  deliver(consumerTag: string): void;
  /** The open messages that a word on the one at this place would speak of. */
  confirmable(place: number, multiple: boolean): readonly Arrived[];
  confirm(place: number, multiple: boolean, how: 'ack' | 'nack'): void;
  /** Deliveries of this node that nobody settled. */
  readonly unsettled: readonly string[];
}

interface BrokerChannel {
  readonly id: number;
  readonly name: string;
  lastTag: number;
  lastSeq: number;
  prefetch: number;
  readonly consumers: Map<string, number>;
  /** By its tag. */
  readonly unacked: Map<number, { readonly delivery: string; readonly consumer: string | undefined }>;
  readonly open: Map<number, Arrived>;
}

export interface ModelEvents {
  /** A frame for the gateway. */
  onFrame(bytes: Buffer): void;
  onSettled(settled: Settled): void;
  onArrived(message: Arrived): void;
}

let channelsMade = 0;

/** A node as far as a channel's bookkeeping meets it. It has always something to deliver, and keeps nothing. */
export function modelBroker({ onFrame, onSettled, onArrived }: ModelEvents): ModelBroker {
  const channels = new Map<number, BrokerChannel>();
  let pending: (readonly [Buffer, number, number])[] = [];
  let incoming: { channel: BrokerChannel; isMarked: boolean } | undefined;
  let turn = 0;

  function say<N extends MethodName>({ id }: BrokerChannel, name: N, values: Arguments<N>): void {
    onFrame(encodeMethod(id, name, values));
  }

  function hand<N extends 'basic.deliver' | 'basic.get-ok'>(
    channel: BrokerChannel,
    name: N,
    consumer: string | undefined,
    values: Omit<Arguments<N>, 'deliveryTag'>,
    noAck = false,
  ): void {
    channel.lastTag += 1;
    const delivery = `${channel.name}.${channel.lastTag}`;
    if (!noAck) channel.unacked.set(channel.lastTag, { delivery, consumer });
    say(channel, name, { ...values, deliveryTag: channel.lastTag } as unknown as Arguments<N>);
    for (const frame of encodeContent(channel.id, {}, Buffer.from(delivery), 131_072)) onFrame(frame);
  }

  function settle(channel: BrokerChannel, tag: number, multiple: boolean, how: Settled['how']): void {
    const tags = [...channel.unacked.keys()].filter((each) => (multiple ? each <= tag : each === tag));
    if (tags.length === 0) throw new Error(`unknown delivery tag ${tag}`);
    for (const each of tags) {
      const delivery = channel.unacked.get(each)?.delivery ?? '';
      channel.unacked.delete(each);
      onSettled({ delivery, how });
    }
  }

  function obey(channel: BrokerChannel, method: Method): void {
    switch (method.name) {
      case 'channel.close':
        channels.delete(channel.id);
        return say(channel, 'channel.close-ok', {});
      case 'confirm.select':
        return say(channel, 'confirm.select-ok', {});
      case 'basic.qos':
        channel.prefetch = method.prefetchCount;
        return say(channel, 'basic.qos-ok', {});
      case 'basic.consume':
        channel.consumers.set(method.consumerTag, channel.prefetch);
        return say(channel, 'basic.consume-ok', { consumerTag: method.consumerTag });
      case 'basic.cancel':
        channel.consumers.delete(method.consumerTag);
        if (!method.nowait) say(channel, 'basic.cancel-ok', { consumerTag: method.consumerTag });
        return;
      case 'basic.get':
        return hand(
          channel,
          'basic.get-ok',
          undefined,
          { redelivered: false, exchange: '', routingKey: 'q', messageCount: 1 },
          method.noAck,
        );
      case 'basic.recover':
        channel.unacked.clear();
        return say(channel, 'basic.recover-ok', {});
      case 'basic.ack':
        return settle(channel, method.deliveryTag, method.multiple, 'ack');
      case 'basic.nack':
        // All goes back, as it does with the channel: that is no word on any of it.
        if (method.deliveryTag === 0) return channel.unacked.clear();
        return settle(channel, method.deliveryTag, method.multiple, 'nack');
      case 'basic.reject':
        return settle(channel, method.deliveryTag, false, 'nack');
      case 'basic.publish':
        incoming = { channel, isMarked: false };
        return;
      default:
        throw new Error(`${method.name} is not in the model`);
    }
  }

  function hear(bytes: Buffer, from: number, to: number): void {
    const id = channelAt(bytes, from);
    if (bytes[from] === frameType.method) {
      const method = decodeMethod(bytes, from, to);
      if (method.name === 'channel.open') {
        channelsMade += 1;
        const channel: BrokerChannel = {
          id,
          name: `c${channelsMade}`,
          lastTag: 0,
          lastSeq: 0,
          prefetch: 0,
          consumers: new Map(),
          unacked: new Map(),
          open: new Map(),
        };
        channels.set(id, channel);
        return say(channel, 'channel.open-ok', {});
      }
      const channel = channels.get(id);
      if (channel === undefined) throw new Error(`${method.name} on channel ${id}, which is not open`);
      return obey(channel, method);
    }
    if (incoming === undefined) throw new Error('content without a method');
    if (bytes[from] === frameType.header) {
      const { properties } = decodeProperties(bytes, from + frameHeaderBytes, to - 1);
      incoming.isMarked = properties.headers?.[resentHeader] !== undefined;
      return;
    }
    const { channel, isMarked } = incoming;
    incoming = undefined;
    const message = { text: bytes.toString('utf8', from + frameHeaderBytes, to - 1), isMarked };
    channel.lastSeq += 1;
    channel.open.set(channel.lastSeq, message);
    onArrived(message);
  }

  function flush(): void {
    turn += 1;
    const due = pending;
    pending = [];
    for (const [bytes, from, to] of due)
      for (let at = from; at < to; at = frameEndAt(bytes, at)) hear(bytes, at, frameEndAt(bytes, at));
  }

  function spokenOf(place: number, multiple: boolean) {
    for (const channel of channels.values()) {
      const all = [...channel.open.keys()];
      const seq = all[place % Math.max(1, all.length)];
      if (seq === undefined) continue;
      const seqs = all.filter((each) => (multiple ? each <= seq : each === seq));
      return { channel, seq, seqs, messages: seqs.map((each) => channel.open.get(each) as Arrived) };
    }
    return undefined;
  }

  const upstream = {
    tuned: { frameMax: 131_072, channelMax: 2047, heartbeatS: 0 },
    lease: { server: 'a' },
    openedAt: 0,
    append: (bytes: Buffer, from: number, to: number) => void pending.push([bytes, from, to]),
    flush,
    isBlocked: false,
    get turn() {
      return turn;
    },
  } as unknown as Upstream;

  return {
    upstream,
    flush,
    deliver(consumerTag) {
      for (const channel of channels.values()) {
        const prefetch = channel.consumers.get(consumerTag);
        const taken = [...channel.unacked.values()].filter(({ consumer }) => consumer === consumerTag).length;
        if (prefetch === undefined || taken >= prefetch) continue;
        const values = { consumerTag, redelivered: false, exchange: '', routingKey: 'q' };
        hand(channel, 'basic.deliver', consumerTag, values);
      }
    },
    confirmable: (place, multiple) => spokenOf(place, multiple)?.messages ?? [],
    confirm(place, multiple, how) {
      const found = spokenOf(place, multiple);
      if (found === undefined) return;
      const { channel, seqs, seq } = found;
      for (const each of seqs) channel.open.delete(each);
      if (how === 'ack') say(channel, 'basic.ack', { deliveryTag: seq, multiple });
      else say(channel, 'basic.nack', { deliveryTag: seq, multiple, requeue: false });
    },
    get unsettled() {
      return [...channels.values()].flatMap(({ unacked }) =>
        [...unacked.values()].map(({ delivery }) => delivery),
      );
    },
  };
}
