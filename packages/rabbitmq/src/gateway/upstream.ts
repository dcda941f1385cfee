import type { Cancel, Lease, Ms, Runtime } from '@failover/core';
import { isOwnStall, onAbort } from '@failover/core';
import type { RabbitConfig } from '../config.ts';
import { decodeMethod } from '../protocol/decode.ts';
import { FrameError, frameType, heartbeatFrame, methodIdAt, protocolHeader } from '../protocol/frame.ts';
import type { Credentials, Tuned } from '../protocol/login.ts';
import { createLogin } from '../protocol/login.ts';
import { methodId } from '../protocol/methods.ts';
import { createFrameScanner } from '../protocol/scan.ts';
import type { Table } from '../protocol/table.ts';
import { createOutbox } from './outbox.ts';

/** How a connection to a node ended. Told once, and not after `close`. */
export type UpstreamEnd =
  /** Before it was open: the node's own words on who we are or what we want. */
  | { readonly type: 'refused'; readonly code: number; readonly text: string }
  | { readonly type: 'failed'; readonly reason: string }
  /** The lease ended: no word on the node beside that of the monitors. */
  | { readonly type: 'fenced'; readonly reason: string };

export interface UpstreamEvents {
  /** Answer with `open`. */
  onAuthenticated(offered: Tuned, serverProperties: Table): void;
  onOpen(): void;
  /** A whole frame. False: stop reading this chunk. */
  onFrame(bytes: Buffer, from: number, to: number): boolean;
  onEnd(end: UpstreamEnd): void;
  /** It takes bytes again. */
  onDrain(): void;
}

export interface UpstreamOptions {
  readonly lease: Lease;
  readonly credentials: Credentials;
  readonly clientProperties: Table;
  readonly config: RabbitConfig;
  readonly runtime: Runtime;
  readonly events: UpstreamEvents;
}

/** One connection to a node, for one client. */
export interface Upstream {
  readonly lease: Lease;
  readonly openedAt: Ms;
  /** Once it was opened. */
  readonly tuned: Tuned;
  open(vhost: string, tuned: Tuned): void;
  /** All that was appended in one turn leaves in one write. The bytes must not change any more. */
  append(bytes: Buffer, from: number, to: number): void;
  flush(): void;
  /** Counts up with each write. What was appended in this turn has not left. */
  readonly turn: number;
  readonly isBlocked: boolean;
  pause(): void;
  resume(): void;
  /** Heartbeats, both ways. To be called a few times in each interval. */
  beat(now: Ms): void;
  close(lastWords?: Buffer): void;
  /** Says that it closes, and gives the node a while to do all that came before: a socket that ends cuts that short. */
  sayGoodbye(close: Buffer): void;
}

/** Bytes: before tuning only a list of properties comes, which the specification bounds by 4096; be generous. */
const preTuneFrameBytes = 64 * 1024;

const closeOkId = methodId('connection.close-ok');

function isCloseOk(bytes: Buffer, from: number): boolean {
  return bytes[from] === frameType.method && methodIdAt(bytes, from) === closeOkId;
}

/** Connects, logs in and keeps the connection alive, with a deadline on each step. */
export function openUpstream(options: UpstreamOptions): Upstream {
  const { lease, config, runtime, events } = options;
  const openedAt = runtime.now();
  const socket = runtime.connect(lease.server);
  const scanner = createFrameScanner(preTuneFrameBytes);
  const login = createLogin(options);
  const outbox = createOutbox();
  /** `leaving`: we have said that we close, and hear nothing but the answer. */
  let phase: 'login' | 'open' | 'leaving' | 'over' = 'login';
  let tuned: Tuned = { frameMax: 0, channelMax: 0, heartbeatS: 0 };
  let isFlushDue = false;
  let turn = 0;
  let isPaused = false;
  let wroteAt = openedAt;
  let heardAt = openedAt;
  let stopTimer: Cancel = () => undefined;
  let stopListening: Cancel = () => undefined;

  const write = (bytes: Buffer): void => {
    socket.write(bytes);
  };

  function flush(): void {
    isFlushDue = false;
    turn += 1;
    if (isLeft() || outbox.isEmpty) return;
    wroteAt = runtime.now();
    outbox.flush(write);
  }

  function shut(): void {
    phase = 'over';
    stopTimer();
    stopListening();
  }

  const isLeft = (): boolean => phase === 'leaving' || phase === 'over';

  function end(how: UpstreamEnd): void {
    if (isLeft()) return;
    shut();
    socket.destroy();
    events.onEnd(how);
  }

  function expectWithin(ms: number, what: string): void {
    stopTimer();
    const dueAt = runtime.now() + ms;
    stopTimer = runtime.after(ms, () => {
      // A late timer means that we stood still: what we wait for may lie unread.
      if (isOwnStall(dueAt, runtime.now())) expectWithin(ms, what);
      else end({ type: 'failed', reason: `no ${what} within ${ms} ms` });
    });
  }

  function logIn(bytes: Buffer, from: number, to: number): boolean {
    if (bytes[from] !== frameType.method) return true;
    const step = login.hear(decodeMethod(bytes, from, to));
    switch (step.type) {
      case 'send':
        expectWithin(config.loginTimeoutMs, 'login');
        socket.write(step.bytes);
        return true;
      case 'authenticated':
        stopTimer();
        events.onAuthenticated(step.offered, step.serverProperties);
        return true;
      case 'open':
        stopTimer();
        phase = 'open';
        events.onOpen();
        return true;
      case 'refused':
        end({ type: 'refused', code: step.code, text: step.text });
        return false;
    }
  }

  function onFrame(bytes: Buffer, from: number, to: number): boolean {
    switch (phase) {
      case 'login':
        return logIn(bytes, from, to);
      case 'open':
        return events.onFrame(bytes, from, to);
      case 'leaving':
        if (!isCloseOk(bytes, from)) return true;
        phase = 'over';
        // RabbitMQ waits for us to end it.
        socket.end();
        return false;
      case 'over':
        return false;
    }
  }

  expectWithin(config.connectTimeoutMs, 'connection.start');
  socket.on('connect', () => {
    if (!isLeft()) socket.write(protocolHeader);
  });
  socket.on('data', (chunk: Buffer) => {
    if (phase === 'over') return;
    heardAt = runtime.now();
    try {
      scanner.feed(chunk, onFrame);
    } catch (cause) {
      const reason = cause instanceof FrameError ? cause.message : String(cause);
      end({ type: 'failed', reason: `it does not speak AMQP 0-9-1: ${reason}` });
    }
  });
  socket.on('drain', () => {
    events.onDrain();
  });
  socket.on('error', (cause) => {
    end({ type: 'failed', reason: cause.message });
  });
  socket.on('end', () => {
    end({ type: 'failed', reason: 'closed by the node' });
  });
  socket.on('close', () => {
    end({ type: 'failed', reason: 'closed' });
  });
  const onFenced = (): void => {
    end({ type: 'fenced', reason: 'its lease was fenced' });
  };
  if (lease.fenced.aborted) queueMicrotask(onFenced);
  else stopListening = onAbort(lease.fenced, onFenced);

  /** Nothing is heard any more. Whoever does not close in turn is cut off. */
  function leave(lastWords: Buffer | undefined): void {
    flush();
    shut();
    socket.on('error', () => undefined);
    if (lastWords !== undefined) socket.write(lastWords);
    const cut = runtime.after(config.connectTimeoutMs, () => socket.destroy());
    socket.once('close', cut);
  }

  return {
    lease,
    openedAt,
    get tuned() {
      return tuned;
    },
    open(vhost, agreed) {
      tuned = agreed;
      scanner.setFrameMax(agreed.frameMax === 0 ? Number.MAX_SAFE_INTEGER : agreed.frameMax);
      expectWithin(config.loginTimeoutMs, 'connection.open-ok');
      socket.write(login.open(vhost, agreed));
    },
    append(bytes, from, to) {
      outbox.append(bytes, from, to);
      if (isFlushDue) return;
      isFlushDue = true;
      process.nextTick(flush);
    },
    flush,
    get turn() {
      return turn;
    },
    get isBlocked() {
      return socket.writableNeedDrain;
    },
    pause() {
      isPaused = true;
      socket.pause();
    },
    resume() {
      isPaused = false;
      // What was not read meanwhile is no silence.
      heardAt = runtime.now();
      socket.resume();
    },
    beat(now) {
      const intervalMs = tuned.heartbeatS * 1000;
      if (phase !== 'open' || intervalMs === 0) return;
      if (now - wroteAt >= intervalMs / 2) {
        wroteAt = now;
        socket.write(heartbeatFrame);
      }
      if (!isPaused && now - heardAt > 2 * intervalMs) {
        end({ type: 'failed', reason: `nothing heard for ${Math.round(now - heardAt)} ms` });
      }
    },
    close(lastWords) {
      if (isLeft()) return;
      leave(lastWords);
      socket.end();
    },
    sayGoodbye(close) {
      if (isLeft()) return;
      leave(close);
      phase = 'leaving';
      socket.once('end', () => socket.end());
      // Or its answer would lie unread.
      socket.resume();
    },
  };
}
