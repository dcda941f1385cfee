import type { Duplex } from 'node:stream';
import type { EndpointId, Runtime } from '@failover/core';
import { decodeMethod } from '../../../protocol/decode.ts';
import { encodeContent, encodeMethod } from '../../../protocol/encode.ts';
import { channelAt, frameHeaderBytes, frameType, protocolHeader } from '../../../protocol/frame.ts';
import { methods, type Arguments, type Method, type MethodName } from '../../../protocol/methods.ts';
import { decodeProperties, type Properties } from '../../../protocol/properties.ts';
import { createFrameScanner } from '../../../protocol/scan.ts';
import type { Table } from '../../../protocol/table.ts';

/** A method that a server sent, with its content if it has one. */
export interface Heard {
  readonly channel: number;
  readonly method: Method;
  readonly properties?: Properties;
  readonly body?: Buffer;
}

export interface RawClientOptions {
  readonly runtime: Runtime;
  readonly endpoint: EndpointId;
  readonly user?: string;
  readonly password?: string;
  readonly vhost?: string;
  readonly heartbeatS?: number;
  readonly frameMax?: number;
  readonly capabilities?: Table;
}

/** Speaks method by method, and keeps what it hears in order: for tests that look at the protocol itself. */
export interface RawClient {
  readonly stream: Duplex;
  /** What was heard and not taken yet. */
  readonly heard: readonly Heard[];
  /** ms at which each heartbeat came. */
  readonly heartbeats: readonly number[];
  readonly isClosed: boolean;
  /** What the server said of itself. */
  readonly serverProperties: Table;
  send<N extends MethodName>(channel: number, name: N, values: Arguments<N>): void;
  publish(
    channel: number,
    routingKey: string,
    body?: string | Buffer,
    more?: { readonly exchange?: string; readonly mandatory?: boolean; readonly properties?: Properties },
  ): void;
  /** Takes all that was heard. */
  drain(): readonly Heard[];
  /** The next method, or `undefined` once the connection is closed. */
  take(): Promise<Heard | undefined>;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
}

export const allCapabilities: Table = {
  publisher_confirms: true,
  'basic.nack': true,
  consumer_cancel_notify: true,
  'connection.blocked': true,
  authentication_failure_close: true,
};

/** Logs in as far as the server lets it; what follows is the caller's to send and to take. */
export function openRawClient(options: RawClientOptions): RawClient {
  const {
    runtime,
    endpoint,
    user = 'guest',
    password = 'guest',
    heartbeatS = 0,
    frameMax = 131_072,
  } = options;
  const stream = runtime.connect(endpoint);
  const scanner = createFrameScanner(frameMax);
  const heard: Heard[] = [];
  const heartbeats: number[] = [];
  const partial = new Map<number, { method: Method; properties: Properties; left: number; body: Buffer }>();
  let isClosed = false;
  let serverProperties: Table = {};
  let wake: () => void = () => undefined;

  function hear(item: Heard): void {
    const { method } = item;
    if (method.name === 'connection.start') {
      ({ serverProperties } = method);
      client.send(0, 'connection.start-ok', {
        clientProperties: { capabilities: options.capabilities ?? allCapabilities },
        mechanism: 'PLAIN',
        response: Buffer.from(`\0${user}\0${password}`),
        locale: 'en_US',
      });
    } else if (method.name === 'connection.tune') {
      client.send(0, 'connection.tune-ok', {
        channelMax: method.channelMax,
        frameMax,
        heartbeat: heartbeatS,
      });
      client.send(0, 'connection.open', { virtualHost: options.vhost ?? '/' });
    } else {
      heard.push(item);
      wake();
    }
  }

  function onFrame(bytes: Buffer, from: number, to: number): boolean {
    const channel = channelAt(bytes, from);
    if (bytes[from] === frameType.heartbeat) {
      heartbeats.push(runtime.now());
      return true;
    }
    if (bytes[from] === frameType.method) {
      const method = decodeMethod(bytes, from, to);
      if ('hasContent' in methods[method.name]) {
        partial.set(channel, { method, properties: {}, left: 0, body: Buffer.alloc(0) });
      } else hear({ channel, method });
      return true;
    }
    const content = partial.get(channel);
    if (content === undefined) throw new Error('content without a method');
    const payload = bytes.subarray(from + frameHeaderBytes, to - 1);
    if (bytes[from] === frameType.header) {
      const { properties, bodySize } = decodeProperties(payload, 0, payload.length);
      content.properties = properties;
      content.left = bodySize;
    } else {
      content.body = Buffer.concat([content.body, payload]);
      content.left -= payload.length;
    }
    if (content.left === 0) {
      partial.delete(channel);
      hear({ channel, method: content.method, properties: content.properties, body: content.body });
    }
    return true;
  }

  const closed = new Promise<void>((resolve) => {
    stream.on('close', () => {
      isClosed = true;
      wake();
      resolve();
    });
  });
  stream.on('error', () => undefined);
  stream.on('end', () => stream.end());
  stream.on('connect', () => stream.write(protocolHeader));
  stream.on('data', (chunk: Buffer) => scanner.feed(Buffer.from(chunk), onFrame));

  const client: RawClient = {
    stream,
    heard,
    heartbeats,
    closed,
    get isClosed() {
      return isClosed;
    },
    get serverProperties() {
      return serverProperties;
    },
    send(channel, name, values) {
      stream.write(encodeMethod(channel, name, values));
    },
    publish(channel, routingKey, body = '', { exchange = '', mandatory = false, properties = {} } = {}) {
      client.send(channel, 'basic.publish', { exchange, routingKey, mandatory, immediate: false });
      for (const part of encodeContent(channel, properties, Buffer.from(body), frameMax)) stream.write(part);
    },
    drain: () => heard.splice(0),
    async take() {
      while (heard.length === 0 && !isClosed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return heard.shift();
    },
  };
  return client;
}
