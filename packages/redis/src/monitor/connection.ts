import type { Duplex } from 'node:stream';
import type { Cancel, EndpointId, Ms, Runtime } from '@failover/core';
import { isOwnStall } from '@failover/core';
import type { CommandArgument } from '../protocol/encode.ts';
import { encodeCommand } from '../protocol/encode.ts';
import { createReplyDecoder } from '../protocol/decode.ts';
import type { RespValue } from '../protocol/value.ts';

export interface ConnectionOptions {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** ms for the TCP connection and AUTH together. */
  readonly connectTimeoutMs: number;
}

export interface ConnectionEvents {
  /** Connected and, where a password is configured, authenticated. */
  onReady(): void;
  /** A value that answers no question: messages of subscriptions. */
  onUnasked?(value: RespValue): void;
  /** It failed or was closed by the other side. Called once, and not after `close`. */
  onEnd(reason: string): void;
}

export interface AskedCommand {
  readonly args: readonly CommandArgument[];
  onReply(value: RespValue): void;
}

export interface Connection {
  /** When the attempt began: whatever it tells is not older. */
  readonly openedAt: Ms;
  /** Sends commands together; answers come in the order of the questions. */
  ask(commands: readonly AskedCommand[]): void;
  /** Sends a command whose answer comes to `onUnasked`. */
  tell(args: readonly CommandArgument[]): void;
  close(): void;
}

/** Monitors read short replies; a peer that sends more is no Redis, or not ours to buffer for. */
const limits = { maxBulkBytes: 1024 * 1024, maxValues: 100_000, maxDepth: 8 };

/** One connection of a monitor. It starts to connect at once and never connects again by itself. */
export function openConnection(
  endpoint: EndpointId,
  options: ConnectionOptions,
  runtime: Runtime,
  events: ConnectionEvents,
): Connection {
  const openedAt = runtime.now();
  const decoder = createReplyDecoder(limits);
  const waiting: ((value: RespValue) => void)[] = [];
  const socket: Duplex = runtime.connect(endpoint);
  let isOver = false;

  const close = (): void => {
    isOver = true;
    stopTimer();
    socket.destroy();
  };
  const end = (reason: string): void => {
    if (isOver) return;
    close();
    events.onEnd(reason);
  };
  let stopTimer: Cancel = () => undefined;
  const watchTime = (inMs: number): void => {
    const dueAt = runtime.now() + inMs;
    stopTimer = runtime.after(inMs, () => {
      // A late timer means that we stood still: what we wait for may lie unread.
      if (isOwnStall(dueAt, runtime.now())) watchTime(options.connectTimeoutMs);
      else end(`no connection within ${options.connectTimeoutMs} ms`);
    });
  };
  watchTime(options.connectTimeoutMs);
  const ready = (): void => {
    stopTimer();
    events.onReady();
  };
  const connection: Connection = {
    openedAt,
    ask(commands) {
      if (isOver) return;
      for (const { onReply } of commands) waiting.push(onReply);
      socket.write(Buffer.concat(commands.map(({ args }) => encodeCommand(args))));
    },
    tell(args) {
      if (!isOver) socket.write(encodeCommand(args));
    },
    close,
  };

  socket.on('connect', () => {
    if (isOver) return;
    if (options.password === undefined) {
      ready();
      return;
    }
    const user = options.username === undefined ? [] : [options.username];
    const auth: AskedCommand = {
      args: ['AUTH', ...user, options.password],
      onReply(value) {
        if (value.type === 'error') end(`AUTH was refused: ${value.text}`);
        else ready();
      },
    };
    connection.ask([auth]);
  });
  socket.on('data', (chunk: Buffer) => {
    if (isOver) return;
    try {
      for (const value of decoder.feed(chunk)) {
        // Reading one answer may close us.
        if (isOver) return;
        const onReply = waiting.shift();
        if (onReply === undefined) events.onUnasked?.(value);
        else onReply(value);
      }
    } catch (cause) {
      end(`it does not speak RESP: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  });
  socket.on('end', () => {
    end('closed by the server');
  });
  socket.on('error', (cause) => {
    end(cause.message);
  });
  socket.on('close', () => {
    end('closed');
  });
  return connection;
}
