import type { Duplex } from 'node:stream';
import type { EndpointId, Runtime } from '@failover/core';
import { createReplyDecoder } from '../protocol/decode.ts';
import { encodeCommand, type CommandArgument } from '../protocol/encode.ts';
import type { RespValue } from '../protocol/value.ts';

/**
 * Why there is no reply. `isSent: false` only if no byte of the command left: otherwise it may have run.
 */
export class NoReplyError extends Error {
  readonly code = 'no-reply';
  readonly isSent: boolean;

  constructor(message: string, isSent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NoReplyError';
    this.isSent = isSent;
  }
}

/** A plain client: one connection, pipelined, never opened again, nothing sent twice. */
export interface RespClient {
  /**
   * An error reply is a value.
   * @throws NoReplyError if the connection ends, or `timeoutMs` passes, before the reply
   */
  send(command: readonly CommandArgument[], timeoutMs?: number): Promise<RespValue>;
  /** Messages that no command asked for: RESP3 pushes, and what a subscriber gets. */
  onPush(listener: (value: RespValue) => void): void;
  readonly isClosed: boolean;
  /** Resolves with the reason, once. */
  readonly closed: Promise<string>;
  close(): void;
}

interface Waiting {
  readonly resolve: (value: RespValue) => void;
  readonly reject: (error: NoReplyError) => void;
}

/** ms: far above any answer on loopback, and below what a test waits. */
const defaultTimeoutMs = 5_000;

/** With a password it authenticates first. */
export function connectResp(runtime: Runtime, endpoint: EndpointId, password?: string): RespClient {
  const stream: Duplex = runtime.connect(endpoint);
  const decoder = createReplyDecoder();
  const waiting: Waiting[] = [];
  let isOpen = false;
  let ended: string | undefined;
  let onPush: (value: RespValue) => void = () => undefined;
  let tellClosed: (reason: string) => void = () => undefined;
  const closed = new Promise<string>((resolve) => (tellClosed = resolve));

  function end(reason: string): void {
    if (ended !== undefined) return;
    ended = reason;
    stream.destroy();
    for (const { reject } of waiting.splice(0)) reject(new NoReplyError(`${endpoint}: ${reason}`, isOpen));
    tellClosed(reason);
  }

  stream.on('connect', () => (isOpen = true));
  stream.on('error', (error) => end(error.message));
  stream.on('close', () => end('connection closed'));
  stream.on('end', () => end('connection closed by the server'));
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const value of decoder.feed(chunk)) {
        const next = value.type === 'push' ? undefined : waiting.shift();
        if (next === undefined) onPush(value);
        else next.resolve(value);
      }
    } catch (error) {
      end(`not RESP: ${String(error)}`);
    }
  });

  const client: RespClient = {
    send: (command, timeoutMs = defaultTimeoutMs) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(new NoReplyError(`${endpoint}: ${ended}`, false));
        // Replies come in order: after a missing one nobody knows whose the next is.
        const cancel = runtime.after(timeoutMs, () => end(`no reply within ${timeoutMs} ms`));
        waiting.push({
          resolve: (value) => {
            cancel();
            resolve(value);
          },
          reject: (error) => {
            cancel();
            reject(error);
          },
        });
        stream.write(encodeCommand(command));
      }),
    onPush: (listener) => (onPush = listener),
    get isClosed() {
      return ended !== undefined;
    },
    closed,
    close: () => end('closed by us'),
  };
  // A wrong one shows in the answers that follow.
  if (password !== undefined) client.send(['AUTH', password]).catch(() => undefined);
  return client;
}

/** One command on a connection of its own. */
export async function askOnce(
  runtime: Runtime,
  endpoint: EndpointId,
  command: readonly CommandArgument[],
  timeoutMs = 1_000,
  password?: string,
): Promise<RespValue> {
  const client = connectResp(runtime, endpoint, password);
  try {
    return await client.send(command, timeoutMs);
  } finally {
    client.close();
  }
}

/** Resolves after a while. */
export function pause(runtime: Runtime, ms: number): Promise<void> {
  return new Promise((resolve) => void runtime.after(ms, resolve));
}
