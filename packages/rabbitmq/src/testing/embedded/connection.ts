import type { Duplex } from 'node:stream';
import { decodeMethod } from '../../protocol/decode.ts';
import { encodeMethod } from '../../protocol/encode.ts';
import { channelAt, frameType, heartbeatFrame, methodIdAt, protocolHeader } from '../../protocol/frame.ts';
import { methodId } from '../../protocol/methods.ts';
import type { Broker } from './broker.ts';
import { createChannelTable, type ChannelTable } from './channel-table.ts';
import type { ConnectionContext } from './connection-context.ts';
import { createFrameStream } from './frame-stream.ts';
import { startHandshake, type Agreement } from './handshake.ts';
import { startHeartbeat, type Heartbeat } from './heartbeat.ts';
import type { NodeProcess } from './node-process.ts';
import { channelError, unexpectedFrame, type AmqpProblem } from './problem.ts';

/** ms that a client has to close the socket, or to say `close-ok`. */
const closingMs = 30_000;
/** ms that a client waits for its end if it is not told why. */
const silentCloseMs = 3_000;
/** ms that channels which stand still have when the client closes the connection. */
const terminationMs = 3_000;
const publishId = methodId('basic.publish');

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
  | { readonly type: 'header' }
  | { readonly type: 'handshake'; readonly onFrame: (bytes: Buffer, from: number, to: number) => void }
  | { readonly type: 'open'; readonly agreement: Agreement; readonly channels: ChannelTable }
  | { readonly type: 'closing' }
  | { readonly type: 'closed' };

export function createConnection(options: ConnectionOptions): Connection {
  const { broker, process, node } = options;
  let life: Life = { type: 'header' };
  let heartbeat: Heartbeat | undefined;

  const frames = createFrameStream({
    process,
    stream: options.stream,
    onHeader: greet,
    onFrame,
    onProblem: (problem) => closeWith(problem, 0),
    onHeard: () => heartbeat?.heard(),
    onSent: () => heartbeat?.sent(),
    onDrain() {
      if (life.type === 'open') life.channels.dispatch();
    },
    onClosed() {
      release('closed');
      options.onClosed();
    },
  });

  /** All that was the client's is given back. */
  function release(next: 'closing' | 'closed'): void {
    heartbeat?.stop();
    const left = life;
    life = { type: next };
    if (left.type !== 'open') return;
    const { vhost, id } = left.agreement;
    left.channels.end();
    for (const queue of [...vhost.queues.values()]) if (queue.exclusiveTo === id) vhost.deleteQueue(queue);
  }

  function closeWith(problem: AmqpProblem, ofMethod: number): void {
    if (life.type === 'closing' || life.type === 'closed') return;
    const id = problem.method === undefined ? ofMethod : methodId(problem.method);
    frames.write(
      encodeMethod(0, 'connection.close', {
        replyCode: problem.code,
        replyText: problem.message.slice(0, 255),
        classId: id >>> 16,
        methodId: id & 0xffff,
      }),
    );
    release('closing');
    frames.release();
    process.after(closingMs, frames.destroy);
  }

  function greet(isKnown: boolean): void {
    if (!isKnown) {
      frames.write(protocolHeader);
      leave();
      return;
    }
    const handshake = startHandshake({
      broker,
      node,
      send: frames.write,
      onOpen: open,
      onRefusal(problem, id, isTold) {
        if (isTold) return closeWith(problem, id);
        release('closed');
        process.after(silentCloseMs, frames.destroy);
      },
    });
    life = { type: 'handshake', onFrame: handshake };
  }

  function open(agreement: Agreement): void {
    const context: ConnectionContext = {
      ...agreement,
      broker,
      node,
      takesCancels: agreement.capabilities['consumer_cancel_notify'] === true,
      get isCongested() {
        return frames.isCongested;
      },
      send: (...parts) => frames.write(Buffer.concat(parts)),
      fail: closeWith,
      after: process.after,
      run: process.run,
      afterChunk: frames.afterChunk,
    };
    life = { type: 'open', agreement, channels: createChannelTable(context, agreement.channelMax) };
    frames.setFrameMax(agreement.frameMax);
    if (agreement.heartbeatS > 0) {
      heartbeat = startHeartbeat({
        intervalS: agreement.heartbeatS,
        after: process.after,
        beat: () => frames.write(heartbeatFrame),
        isDeaf: () => frames.isHeld,
        onSilence: frames.destroy,
      });
    }
    options.onOpen(agreement);
  }

  function leave(): void {
    release('closed');
    frames.end();
  }

  function onFrame(bytes: Buffer, from: number, to: number): void {
    switch (life.type) {
      case 'handshake':
        return life.onFrame(bytes, from, to);
      case 'open':
        return onOpenFrame(life.channels, bytes, from, to);
      case 'closing':
        return onClosingFrame(bytes, from, to);
      case 'header':
      case 'closed':
    }
  }

  function onOpenFrame(channels: ChannelTable, bytes: Buffer, from: number, to: number): void {
    if (channelAt(bytes, from) === 0) return onConnectionFrame(channels, bytes, from, to);
    if (bytes[from] === frameType.heartbeat) throw unexpectedFrame('type 8, all octets = <<>>');
    channels.take(bytes, from, to);
    if (bytes[from] === frameType.method && methodIdAt(bytes, from) === publishId) heedPublish();
  }

  function onConnectionFrame(channels: ChannelTable, bytes: Buffer, from: number, to: number): void {
    if (bytes[from] === frameType.heartbeat) return;
    if (bytes[from] !== frameType.method) throw unexpectedFrame('expected method frame on channel 0');
    const method = decodeMethod(bytes, from, to);
    switch (method.name) {
      case 'connection.close':
        if (channels.isAnyBlocked) process.after(terminationMs, sayGoodbye);
        else sayGoodbye();
        return;
      case 'connection.update-secret':
        frames.write(encodeMethod(0, 'connection.update-secret-ok', {}));
        return;
      default:
        throw channelError('unexpected method in connection state running', method.name);
    }
  }

  /** Who asked for the end closes the socket too. */
  function sayGoodbye(): void {
    release('closed');
    frames.write(encodeMethod(0, 'connection.close-ok', {}));
    process.after(closingMs, frames.destroy);
  }

  function onClosingFrame(bytes: Buffer, from: number, to: number): void {
    if (bytes[from] !== frameType.method || channelAt(bytes, from) !== 0) return;
    const { name } = decodeMethod(bytes, from, to);
    if (name === 'connection.close') frames.write(encodeMethod(0, 'connection.close-ok', {}));
    if (name === 'connection.close-ok') leave();
  }

  /** Who publishes during an alarm is told, and then read no more. */
  function heedPublish(): void {
    if (frames.isHeld || broker.alarms.size === 0 || life.type !== 'open') return;
    frames.hold();
    if (life.agreement.capabilities['connection.blocked'] !== true) return;
    frames.write(encodeMethod(0, 'connection.blocked', { reason: 'low on memory' }));
  }

  return {
    lose: () => release('closed'),
    forceClose: (problem) => process.run(() => closeWith(problem, 0)),
    heedAlarms() {
      if (!frames.isHeld || broker.alarms.size > 0 || life.type !== 'open') return;
      if (life.agreement.capabilities['connection.blocked'] === true) {
        frames.write(encodeMethod(0, 'connection.unblocked', {}));
      }
      frames.release();
    },
  };
}
