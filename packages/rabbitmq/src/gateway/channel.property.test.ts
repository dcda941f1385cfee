import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMethod } from '../protocol/decode.ts';
import { encodeContent, encodeMethod } from '../protocol/encode.ts';
import { frameHeaderBytes, frameType } from '../protocol/frame.ts';
import type { Arguments, Method, MethodName } from '../protocol/methods.ts';
import { consume, qos } from '../testing/embedded/test-kit/speak.ts';
import { createChannel } from './channel.ts';
import { fromClient } from './from-client.ts';
import { moveAway, moveTo } from './move-channels.ts';
import type { ModelBroker, Settled } from './test-kit/model-broker.ts';
import { modelBroker } from './test-kit/model-broker.ts';
import { hearFrame, modelConnection } from './test-kit/model-connection.ts';

// A client, the real bookkeeping of one of its channels, and one node after the other, in any order of what may happen.

const prefetch = 3;
const consumers = ['a', 'b'] as const;

interface Shown {
  readonly tag: number;
  readonly delivery: string;
}

/** What a client knows, and what each side said of each delivery and each message. */
function world() {
  const timers: (() => void)[] = [];
  /** In the client's hands, by its own tag. */
  let shown: Shown[] = [];
  const said = new Map<string, Settled['how']>();
  const heard = new Map<string, Settled['how']>();
  const arrived = new Set<string>();
  const confirmed = new Set<string>();
  const published: string[] = [];
  const told = new Map<string, 'ack' | 'nack'>();
  let incoming: number | undefined;
  let broker: ModelBroker;

  function fromGateway(bytes: Buffer, from: number, to: number): void {
    if (bytes[from] === frameType.header) return;
    if (bytes[from] === frameType.body) {
      const delivery = bytes.toString('utf8', from + frameHeaderBytes, to - 1);
      if (incoming !== undefined) shown.push({ tag: incoming, delivery });
      incoming = undefined;
      return;
    }
    const method = decodeMethod(bytes, from, to);
    if (method.name === 'basic.deliver' || method.name === 'basic.get-ok') incoming = method.deliveryTag;
    if (method.name === 'channel.close') throw new Error(method.replyText);
    if (method.name === 'basic.ack' || method.name === 'basic.nack') confirm(method);
  }

  function confirm(method: Extract<Method, { readonly name: 'basic.ack' | 'basic.nack' }>): void {
    const { deliveryTag, multiple } = method;
    const upTo = published.slice(multiple ? 0 : deliveryTag - 1, deliveryTag);
    const fresh = upTo.filter((text) => !told.has(text));
    // One answer for each, and none without the broker's.
    expect(fresh.length).toBeGreaterThan(0);
    if (!multiple) expect(fresh).toEqual(upTo);
    for (const text of fresh) {
      told.set(text, method.name === 'basic.ack' ? 'ack' : 'nack');
      if (method.name === 'basic.ack') expect(confirmed).toContain(text);
    }
  }

  const connection = modelConnection({ timers, toClient: fromGateway });
  const channel = createChannel(1, 0);
  connection.channels.set(1, channel);

  function nextBroker(): ModelBroker {
    const next: ModelBroker = modelBroker({
      onFrame(bytes) {
        if (connection.upstream !== next.upstream) return;
        hearFrame(connection, bytes);
      },
      onSettled({ delivery, how }) {
        // The one thing that must never be: a word on what the client did not mean.
        expect([delivery, said.get(delivery)]).toEqual([delivery, how]);
        expect(heard.has(delivery)).toBe(false);
        heard.set(delivery, how);
      },
      onArrived({ text, isMarked }) {
        if (arrived.has(text)) expect(isMarked).toBe(true);
        arrived.add(text);
      },
    });
    return next;
  }

  function send<N extends MethodName>(name: N, values: Arguments<N>): void {
    const bytes = encodeMethod(1, name, values);
    fromClient(connection, channel, bytes, 0, bytes.length);
  }

  broker = nextBroker();
  moveTo(connection, broker.upstream, new Set());
  broker.flush();
  send('confirm.select', { nowait: false });
  send('basic.qos', qos(prefetch));
  for (const consumerTag of consumers) send('basic.consume', consume('q', consumerTag));
  broker.flush();

  const settle = (place: number, multiple: boolean, how: Settled['how'], viaReject = false): void => {
    const meant = shown[place % Math.max(1, shown.length)];
    if (meant === undefined) return;
    const { tag } = meant;
    const covered = multiple ? shown.filter((each) => each.tag <= tag) : [meant];
    shown = shown.filter((each) => !covered.includes(each));
    for (const { delivery } of covered) said.set(delivery, how);
    if (how === 'ack') send('basic.ack', { deliveryTag: tag, multiple });
    else if (viaReject) send('basic.reject', { deliveryTag: tag, requeue: true });
    else send('basic.nack', { deliveryTag: tag, multiple, requeue: true });
  };

  /** A request would be held, and done later than the steps that follow here believe. */
  const waits = (): boolean => channel.gate !== 'open';

  return {
    connection,
    settle,
    deliver: (consumer: string) => broker.deliver(consumer),
    get(noAck: boolean) {
      if (waits()) return;
      const before = shown.length;
      send('basic.get', { queue: 'q', noAck });
      broker.flush();
      // Nobody waits for a word on it.
      if (noAck) shown = shown.slice(0, before);
    },
    recover() {
      if (waits()) return;
      send('basic.recover', { requeue: true });
      broker.flush();
      shown = [];
    },
    publish() {
      const text = `p${published.length + 1}`;
      published.push(text);
      send('basic.publish', { exchange: '', routingKey: 'q', mandatory: false, immediate: false });
      for (const frame of encodeContent(1, {}, Buffer.from(text), 131_072))
        fromClient(connection, channel, frame, 0, frame.length);
    },
    confirm(place: number, multiple: boolean) {
      // Said before it is heard: the gateway tells the client at once.
      const spokenOf = broker.confirmable(place, multiple);
      for (const { text } of spokenOf) confirmed.add(text);
      broker.confirm(place, multiple, 'ack');
    },
    /** The node refuses what it has, as one whose leader is gone: the channel is opened anew. */
    nack(place: number) {
      if (channel.wasLost && channel.unprovenSince !== undefined) broker.confirm(place, true, 'nack');
      for (const timer of timers.splice(0)) timer();
    },
    flush: () => broker.flush(),
    /** What was appended and did not leave is lost as well. */
    switchOver(isFlushed: boolean) {
      if (isFlushed) broker.flush();
      moveAway(connection, 'gone', false);
      broker = nextBroker();
      moveTo(connection, broker.upstream, new Set());
      broker.flush();
    },
    /** All that the client settled is settled at its node, and each publish has one answer. */
    conclude() {
      for (const timer of timers.splice(0)) timer();
      broker.flush();
      const inHand = broker.unsettled;
      for (const delivery of inHand) expect([delivery, said.get(delivery)]).toEqual([delivery, undefined]);
      while (broker.confirmable(0, false).length > 0) {
        this.confirm(0, false);
        // What was held back behind it goes now.
        broker.flush();
      }
      expect([...told.values()]).toEqual(published.map(() => 'ack'));
      expect(connection.unconfirmedBytes).toBe(0);
    },
  };
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('deliver' as const), to: fc.constantFrom(...consumers) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('ack' as const), place: fc.nat(8), multiple: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('nack' as const),
      place: fc.nat(8),
      how: fc.constantFrom('nack', 'nack multiple', 'reject'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('get' as const), noAck: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ type: 'recover' as const }) },
  { weight: 3, arbitrary: fc.constant({ type: 'flush' as const }) },
  { weight: 5, arbitrary: fc.constant({ type: 'publish' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('confirm' as const), place: fc.nat(8), multiple: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('refuse' as const), place: fc.nat(8) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('switch' as const), isFlushed: fc.boolean() }) },
);

describe('a channel over any number of nodes', () => {
  it('tells a node nothing of a delivery that the client did not say of that very one, and a client nothing of a publish that no node said', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), (steps) => {
        const one = world();
        for (const each of steps) {
          switch (each.type) {
            case 'deliver':
              one.deliver(each.to);
              break;
            case 'ack':
              one.settle(each.place, each.multiple, 'ack');
              break;
            case 'nack':
              one.settle(each.place, each.how === 'nack multiple', 'nack', each.how === 'reject');
              break;
            case 'get':
              one.get(each.noAck);
              break;
            case 'recover':
              one.recover();
              break;
            case 'flush':
              one.flush();
              break;
            case 'publish':
              one.publish();
              break;
            case 'confirm':
              one.confirm(each.place, each.multiple);
              break;
            case 'refuse':
              one.nack(each.place);
              break;
            case 'switch':
              one.switchOver(each.isFlushed);
              break;
          }
        }
        one.conclude();
      }),
      { numRuns: 400 },
    );
  });
});
