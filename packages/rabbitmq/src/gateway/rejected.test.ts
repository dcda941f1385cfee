import { describe, expect, it } from 'vitest';
import { decodeMethod } from '../protocol/decode.ts';
import { encodeContent, encodeMethod } from '../protocol/encode.ts';
import { frameType } from '../protocol/frame.ts';
import { createChannel } from './channel.ts';
import { fromClient } from './from-client.ts';
import { moveTo } from './move-channels.ts';
import type { Arrived } from './test-kit/model-broker.ts';
import { modelBroker } from './test-kit/model-broker.ts';
import { hearFrame, modelConnection } from './test-kit/model-connection.ts';

/** A channel with confirms that has just come to a node, while another one is away. */
function world(isAway = true) {
  const timers: (() => void)[] = [];
  const told: string[] = [];
  const arrived: Arrived[] = [];
  let now = 0;
  const connection = modelConnection({
    timers,
    now: () => now,
    isNodeAway: isAway,
    toClient(bytes, from, to) {
      if (bytes[from] !== frameType.method) return;
      const method = decodeMethod(bytes, from, to);
      if (method.name === 'basic.ack' || method.name === 'basic.nack')
        told.push(`${method.name} ${method.deliveryTag}`);
    },
  });
  const channel = createChannel(1, 0);
  connection.channels.set(1, channel);
  const broker = modelBroker({
    onFrame(bytes) {
      hearFrame(connection, bytes);
    },
    onSettled: () => undefined,
    onArrived: (message) => arrived.push(message),
  });
  moveTo(connection, broker.upstream, new Set());
  const send = (bytes: Buffer): void => {
    fromClient(connection, channel, bytes, 0, bytes.length);
  };
  broker.flush();
  send(encodeMethod(1, 'confirm.select', { nowait: false }));
  broker.flush();

  return {
    told,
    arrived,
    broker,
    publish(text: string) {
      send(
        encodeMethod(1, 'basic.publish', {
          exchange: '',
          routingKey: text,
          mandatory: false,
          immediate: false,
        }),
      );
      for (const frame of encodeContent(1, {}, Buffer.from(text), 131_072)) send(frame);
      broker.flush();
    },
    pass(ms: number) {
      now += ms;
      for (const timer of timers.splice(0)) timer();
      broker.flush();
    },
  };
}

describe('a message that is nacked on a channel where another queue’s was confirmed', () => {
  it('goes again on a new channel while leaders are elected, and its client is told what comes of that', () => {
    const { told, arrived, broker, publish, pass } = world();
    publish('well');
    broker.confirm(0, false, 'ack');
    publish('nobody leads it');
    for (let times = 0; times < 5; times += 1) {
      broker.confirm(0, false, 'nack');
      pass(30);
    }
    broker.confirm(0, false, 'ack');
    expect(told).toEqual(['basic.ack 1', 'basic.ack 2']);
    const again = arrived.filter(({ text }) => text === 'nobody leads it');
    expect(again.map(({ isMarked }) => isMarked)).toEqual([false, true, true, true, true, true]);
  });

  it('is told at once when no node is away', () => {
    const { told, arrived, broker, publish } = world(false);
    publish('well');
    broker.confirm(0, false, 'ack');
    publish('too many');
    broker.confirm(0, false, 'nack');
    expect(told).toEqual(['basic.ack 1', 'basic.nack 2']);
    expect(arrived).toHaveLength(2);
  });

  it('is told once all elections are over: its queue refuses it', () => {
    const { told, broker, publish, pass } = world();
    publish('well');
    broker.confirm(0, false, 'ack');
    pass(6000);
    publish('too many');
    broker.confirm(0, false, 'nack');
    expect(told).toEqual(['basic.ack 1', 'basic.nack 2']);
  });
});
