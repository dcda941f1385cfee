import { describe, expect, it } from 'vitest';
import { rabbitConfig } from '../config.ts';
import { decodeMethod } from '../protocol/decode.ts';
import { encodeContent, encodeMethod } from '../protocol/encode.ts';
import { frameEndAt, frameType } from '../protocol/frame.ts';
import { emptyLog } from '../session/topology-log.ts';
import { createChannel } from './channel.ts';
import type { Connection } from './connection.ts';
import { zeroCounters } from './counters.ts';
import { fromClient } from './from-client.ts';
import { hearNode } from './hear-node.ts';
import { moveTo } from './move-channels.ts';
import type { Arrived } from './test-kit/model-broker.ts';
import { modelBroker } from './test-kit/model-broker.ts';

/** A channel with confirms that has just come to a node, while another one is away. */
function world(isAway = true) {
  const timers: (() => void)[] = [];
  const told: string[] = [];
  const arrived: Arrived[] = [];
  let now = 0;
  const servers = new Map([['b', { kind: 'data', availability: isAway ? 'down' : 'up' }]]);
  const connection = {
    gateway: {
      config: rabbitConfig.parse({ servers: ['a', 'b'] }),
      counters: zeroCounters(),
      runtime: { now: () => now, random: () => 0.5 },
      cluster: { topology: { servers }, reportResent: () => undefined },
    },
    phase: 'running',
    channels: new Map(),
    upstreamChannels: new Map(),
    log: emptyLog,
    clientFrameMax: 131_072,
    stirredAt: -Infinity,
    unconfirmedBytes: 0,
    heldBytes: 0,
    full: new Set(),
    toClient(bytes: Buffer, from: number, to: number) {
      for (let at = from; at < to; at = frameEndAt(bytes, at)) {
        if (bytes[at] !== frameType.method) continue;
        const method = decodeMethod(bytes, at, frameEndAt(bytes, at));
        if (method.name === 'basic.ack' || method.name === 'basic.nack')
          told.push(`${method.name} ${method.deliveryTag}`);
      }
    },
    after: (_ms: number, callback: () => void) => void timers.push(callback),
    onHeld: () => undefined,
  } as unknown as Connection;
  const channel = createChannel(1, 0);
  connection.channels.set(1, channel);
  const broker = modelBroker({
    onFrame(bytes) {
      hearNode(connection, { onClose: () => undefined, onClosed: () => undefined }, bytes, 0, bytes.length);
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
