import type { Duplex } from 'node:stream';
import { decodeMethod } from '../../protocol/decode.ts';
import { encodeMethod } from '../../protocol/encode.ts';
import {
  channelAt,
  FrameError,
  frameType,
  heartbeatFrame,
  methodIdAt,
  protocolHeader,
} from '../../protocol/frame.ts';
import { methodId, type Method } from '../../protocol/methods.ts';
import { createFrameScanner } from '../../protocol/scan.ts';
import type { Broker } from './broker.ts';
import { createChannelTable, type ChannelTable } from './channel-table.ts';
import type { ConnectionContext } from './connection-context.ts';
import { startHandshake, type Agreement } from './handshake.ts';
import { startHeartbeat, type Heartbeat } from './heartbeat.ts';
import type { NodeProcess } from './node-process.ts';
import { AmqpProblem, channelError, unexpectedFrame } from './problem.ts';

/** ms that a client has for `close-ok`, and that one whose login failed waits for its end. */
const closingMs = 30_000;
const silentCloseMs = 3_000;
/** ms that channels which stand still have when the client closes the connection. */
const terminationMs = 3_000;
/** Bytes that a client may leave unread before it gets no more deliveries. */
const congestedBytes = 4 * 1_024 * 1_024;
const handshakeFrameBytes = 8_192;

export interface Connection {
  /** Ends it as an operator does. */
  forceClose(problem: AmqpProblem): void;
  /** Its node died. */
  lose(): void;
  /** The cluster's alarms changed. */
  heedAlarms(): void;
}

export interface ConnectionOptions {
  readonly broker: Broker;
  readonly process: NodeProcess;
  readonly node: string;
  readonly stream: Duplex;
  onOpen(agreement: Agreement): void;
  onClosed(): void;
}

type Life =
  | { readonly type: 'header'; readonly got: Buffer }
  | { readonly type: 'handshake'; readonly onFrame: (bytes: Buffer, from: number, to: number) => void }
  | { readonly type: 'open'; readonly agreement: Agreement; readonly channels: ChannelTable }
  | { readonly type: 'closing' }
  | { readonly type: 'closed' };

export function createConnection({
  broker,
  process,
  node,
  stream,
  onOpen,
  onClosed,
}: ConnectionOptions): Connection {
  const scanner = createFrameScanner(handshakeFrameBytes);
  let life: Life = { type: 'header', got: Buffer.alloc(0) };
  let heartbeat: Heartbeat | undefined;
  let afterChunk: (() => void)[] = [];
  let isInChunk = false;
  /** It published during an alarm: nothing more is read. */
  let isBlocked = false;

  function write(bytes: Buffer): void {
    process.run(() => {
      if (stream.destroyed || stream.writableEnded) return;
      stream.write(bytes);
      heartbeat?.sent();
    });
  }

  /** All that was theirs is given back. */
  function release(next: 'closing' | 'closed'): void {
    heartbeat?.stop();
    const left = life;
    life = { type: next };
    if (left.type !== 'open') return;
    left.channels.end();
    for (const queue of [...left.agreement.vhost.queues.values()]) {
      if (queue.exclusiveTo === context) left.agreement.vhost.deleteQueue(queue);
    }
  }

  function closeWith(problem: AmqpProblem, ofMethod: number): void {
    const id = problem.method === undefined ? ofMethod : methodId(problem.method);
    if (life.type === 'closing' || life.type === 'closed') return;
    write(
      encodeMethod(0, 'connection.close', {
        replyCode: problem.code,
        replyText: problem.message.slice(0, 255),
        classId: id >>> 16,
        methodId: id & 0xffff,
      }),
    );
    release('closing');
    unblock();
    process.after(closingMs, () => stream.destroy());
  }

  const context: ConnectionContext & { agreement: Agreement | undefined } = {
    agreement: undefined,
    broker,
    node,
    get vhost() {
      return agreed().vhost;
    },
    get user() {
      return agreed().user;
    },
    get frameMax() {
      return agreed().frameMax;
    },
    get takesCancels() {
      return agreed().capabilities['consumer_cancel_notify'] === true;
    },
    get isCongested() {
      return stream.writableLength > congestedBytes;
    },
    send: (...frames) =>
      write(frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames)),
    fail: closeWith,
    after: (ms, callback) => process.after(ms, callback),
    run: (action) => process.run(action),
    afterChunk(action) {
      if (isInChunk) afterChunk.push(action);
      else process.run(action);
    },
  };

  function agreed(): Agreement {
    if (context.agreement === undefined) throw new Error('the connection is not open yet');
    return context.agreement;
  }

  function open(agreement: Agreement): void {
    context.agreement = agreement;
    life = { type: 'open', agreement, channels: createChannelTable(context, agreement.channelMax) };
    scanner.setFrameMax(agreement.frameMax);
    if (agreement.heartbeatS > 0) {
      heartbeat = startHeartbeat({
        intervalS: agreement.heartbeatS,
        after: (ms, callback) => process.after(ms, callback),
        beat: () => write(heartbeatFrame),
        isDeaf: () => isBlocked,
        onSilence: () => stream.destroy(),
      });
    }
    onOpen(agreement);
  }

  function readHeader(got: Buffer): void {
    life = { type: 'header', got };
    if (got.length < protocolHeader.length) return;
    if (!got.subarray(0, protocolHeader.length).equals(protocolHeader)) {
      write(protocolHeader);
      leave();
      return;
    }
    const onFrame = startHandshake({
      broker,
      node,
      send: write,
      onOpen: open,
      onRefusal(problem, id, isTold) {
        if (isTold) return closeWith(problem, id);
        release('closed');
        process.after(silentCloseMs, () => stream.destroy());
      },
    });
    life = { type: 'handshake', onFrame };
    readFrames(got.subarray(protocolHeader.length));
  }

  function leave(): void {
    release('closed');
    process.run(() => stream.end());
  }

  function readFrames(chunk: Buffer): void {
    try {
      scanner.feed(chunk, readFrame);
    } catch (problem) {
      if (problem instanceof AmqpProblem) closeWith(problem, 0);
      else if (problem instanceof FrameError) closeWith(new AmqpProblem(problem.code, problem.message), 0);
      else throw problem;
    }
  }

  function readFrame(bytes: Buffer, from: number, to: number): boolean {
    switch (life.type) {
      case 'handshake':
        life.onFrame(bytes, from, to);
        break;
      case 'open':
        if (channelAt(bytes, from) === 0) readConnectionFrame(bytes, from, to);
        else if (bytes[from] === frameType.heartbeat) throw unexpectedFrame('type 8, all octets = <<>>');
        else {
          const isPublish = bytes[from] === frameType.method && methodIdAt(bytes, from) === publishId;
          life.channels.take(bytes, from, to);
          if (isPublish) block();
        }
        break;
      case 'closing':
        if (bytes[from] === frameType.method && channelAt(bytes, from) === 0)
          readClosing(decodeMethod(bytes, from, to));
        break;
      case 'header':
      case 'closed':
        break;
    }
    return true;
  }

  function readConnectionFrame(bytes: Buffer, from: number, to: number): void {
    if (bytes[from] === frameType.heartbeat) return;
    if (bytes[from] !== frameType.method) throw unexpectedFrame('expected method frame on channel 0');
    const method = decodeMethod(bytes, from, to);
    switch (method.name) {
      case 'connection.close':
        if (life.type === 'open' && life.channels.isAnyBlocked) process.after(terminationMs, sayGoodbye);
        else sayGoodbye();
        return;
      case 'connection.update-secret':
        write(encodeMethod(0, 'connection.update-secret-ok', {}));
        return;
      default:
        throw channelError('unexpected method in connection state running', method.name);
    }
  }

  /** Who asked for the end closes the socket too. */
  function sayGoodbye(): void {
    release('closed');
    write(encodeMethod(0, 'connection.close-ok', {}));
    process.after(closingMs, () => stream.destroy());
  }

  function readClosing(method: Method): void {
    if (method.name === 'connection.close') write(encodeMethod(0, 'connection.close-ok', {}));
    if (method.name === 'connection.close-ok') leave();
  }

  /** Who publishes during an alarm is told, and then read no more. */
  function block(): void {
    if (isBlocked || broker.alarms.size === 0 || life.type !== 'open') return;
    isBlocked = true;
    if (life.agreement.capabilities['connection.blocked'] === true) {
      write(encodeMethod(0, 'connection.blocked', { reason: 'low on memory' }));
    }
  }

  function unblock(): void {
    isBlocked = false;
    process.run(() => stream.resume());
  }

  function read(chunk: Buffer): void {
    heartbeat?.heard();
    isInChunk = true;
    stream.cork();
    if (life.type === 'header') readHeader(Buffer.concat([life.got, chunk]));
    else readFrames(chunk);
    isInChunk = false;
    const due = afterChunk;
    afterChunk = [];
    for (const action of due) action();
    stream.uncork();
    if (isBlocked) stream.pause();
  }

  stream.on('data', read);
  stream.on('drain', () =>
    process.run(() => {
      if (life.type === 'open') life.channels.dispatch();
    }),
  );
  stream.on('end', () => process.run(() => stream.end()));
  stream.on('close', () =>
    process.run(() => {
      release('closed');
      onClosed();
    }),
  );
  process.adopt(stream);

  return {
    lose: () => release('closed'),
    forceClose: (problem) => process.run(() => closeWith(problem, 0)),
    heedAlarms() {
      if (!isBlocked || broker.alarms.size > 0) return;
      if (life.type === 'open' && life.agreement.capabilities['connection.blocked'] === true) {
        write(encodeMethod(0, 'connection.unblocked', {}));
      }
      unblock();
    },
  };
}

const publishId = methodId('basic.publish');
