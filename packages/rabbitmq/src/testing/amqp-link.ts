import type { EndpointId, Runtime } from '@failover/core';
import { decodeMethod } from '../protocol/decode.ts';
import { encodeMethod } from '../protocol/encode.ts';
import { channelAt, frameType, heartbeatFrame, protocolHeader } from '../protocol/frame.ts';
import type { Arguments, Method, MethodName } from '../protocol/methods.ts';
import { createFrameScanner } from '../protocol/scan.ts';
import type { AmqpEnd } from './amqp-end.ts';

/** What listens on a channel other than 0. */
export interface FrameSink {
  onFrame(bytes: Buffer, from: number, to: number): void;
  end(why: AmqpEnd): void;
}

/** One socket with frames on it. It knows when it has ended, and why. */
export interface AmqpLink {
  readonly ended: AmqpEnd | undefined;
  /** Resolves once, never rejects. */
  readonly closed: Promise<AmqpEnd>;
  readonly sinks: Map<number, FrameSink>;
  frameMax: number;
  write(bytes: Buffer): void;
  send<N extends MethodName>(channel: number, name: N, values: Arguments<N>): void;
  end(why: AmqpEnd): void;
}

const largestFrameBytes = 131_072;

/** Connects, says which protocol it speaks, and calls back for each method on channel 0. */
export function openLink(
  runtime: Runtime,
  endpoint: EndpointId,
  onMethod: (method: Method) => void,
): AmqpLink {
  const stream = runtime.connect(endpoint);
  const scanner = createFrameScanner(largestFrameBytes);
  const sinks = new Map<number, FrameSink>();
  let ended: AmqpEnd | undefined;
  let tellEnd: (end: AmqpEnd) => void = () => undefined;
  const closed = new Promise<AmqpEnd>((resolve) => (tellEnd = resolve));

  function end(why: AmqpEnd): void {
    if (ended !== undefined) return;
    ended = why;
    // What was said last, such as close-ok, may still go; nobody waits for the other side to hear it.
    if (why.type === 'closedByServer') stream.end(() => stream.destroy());
    else stream.destroy();
    for (const sink of [...sinks.values()]) sink.end(why);
    sinks.clear();
    tellEnd(why);
  }

  function write(bytes: Buffer): void {
    if (ended === undefined) stream.write(bytes);
  }

  stream.on('connect', () => stream.write(protocolHeader));
  stream.on('error', (error) => end({ type: 'lost', reason: error.message }));
  stream.on('close', () => end({ type: 'lost', reason: 'connection closed' }));
  stream.on('end', () => end({ type: 'lost', reason: 'connection closed by the server' }));
  stream.on('data', (chunk: Buffer) => {
    if (ended !== undefined) return;
    try {
      scanner.feed(chunk, (bytes, from, to) => {
        const channel = channelAt(bytes, from);
        if (bytes[from] === frameType.heartbeat) stream.write(heartbeatFrame);
        else if (channel === 0) onMethod(decodeMethod(bytes, from, to));
        else sinks.get(channel)?.onFrame(bytes, from, to);
        return ended === undefined;
      });
    } catch (error) {
      end({ type: 'lost', reason: `not AMQP: ${String(error)}` });
    }
  });

  return {
    get ended() {
      return ended;
    },
    closed,
    sinks,
    frameMax: largestFrameBytes,
    write,
    send: (channel, name, values) => write(encodeMethod(channel, name, values)),
    end,
  };
}
