import type { Duplex } from 'node:stream';
import type { Lease, Ms, Runtime } from '@failover/core';
import { onAbort } from '@failover/core';
import { createReplyDecoder } from '../protocol/decode.ts';
import type { RespValue } from '../protocol/value.ts';
import type { RedisReply } from '../replies.ts';
import type { Credentials, ListenerRole } from './handshake.ts';
import { handshake } from './handshake.ts';
import type { Identity } from './identity.ts';

export type Dialled =
  | {
      readonly type: 'verified';
      readonly socket: Duplex;
      readonly openedAt: Ms;
      readonly greeting: RespValue | undefined;
    }
  | { readonly type: 'rejected'; readonly error: string }
  | { readonly type: 'unfit'; readonly openedAt: Ms; readonly reply: RedisReply; readonly reason: string }
  | { readonly type: 'failed'; readonly openedAt: Ms; readonly reason: string }
  /** The lease ended meanwhile: no word on the server. */
  | { readonly type: 'fenced' };

export interface DialOptions {
  readonly lease: Lease;
  readonly identity: Identity;
  readonly listener: Credentials;
  readonly role: ListenerRole;
  /** The server is a node of a Redis Cluster. */
  readonly isOfCluster: boolean;
  readonly connectTimeoutMs: number;
  readonly runtime: Runtime;
}

/**
 * Opens one connection and verifies it before any byte of a user goes over it. Calls back exactly once, within
 * `connectTimeoutMs`; except for `verified` the socket is gone by then.
 */
export function dial(options: DialOptions, done: (dialled: Dialled) => void): () => void {
  const { lease, runtime } = options;
  const openedAt = runtime.now();
  const greeting = handshake(options.identity, options.listener, options.role, options.isOfCluster);
  const decoder = createReplyDecoder({ maxBulkBytes: 1024 * 1024, maxValues: 10_000 });
  const replies: RespValue[] = [];
  let isDone = false;
  let stopListening = (): void => undefined;

  const socket = runtime.connect(lease.server);
  const cancelTimer = runtime.after(options.connectTimeoutMs, () => {
    finish({ type: 'failed', openedAt, reason: `no connection within ${options.connectTimeoutMs} ms` });
  });

  function finish(dialled: Dialled): void {
    if (isDone) return;
    isDone = true;
    cancelTimer();
    stopListening();
    socket.removeListener('data', onData);
    socket.removeListener('connect', onConnect);
    socket.removeListener('close', onClose);
    if (dialled.type === 'verified') socket.removeListener('error', onError);
    else socket.destroy();
    done(dialled);
  }

  const onFenced = (): void => {
    finish({ type: 'fenced' });
  };
  const onConnect = (): void => {
    socket.write(greeting.bytes);
  };
  const onError = (error: Error): void => {
    finish({ type: 'failed', openedAt, reason: error.message });
  };
  const onClose = (): void => {
    finish({ type: 'failed', openedAt, reason: 'closed before it was verified' });
  };
  const onData = (chunk: Buffer): void => {
    try {
      replies.push(...decoder.feed(chunk).filter((reply) => reply.type !== 'push'));
    } catch (error) {
      finish({ type: 'failed', openedAt, reason: error instanceof Error ? error.message : 'unreadable' });
      return;
    }
    if (replies.length < greeting.replyCount) return;
    const verdict = greeting.judge(replies);
    if (verdict.type === 'verified') finish({ ...verdict, socket, openedAt });
    else if (verdict.type === 'unfit') finish({ ...verdict, openedAt });
    else finish(verdict);
  };

  socket.on('error', onError);
  socket.on('close', onClose);
  socket.on('connect', onConnect);
  socket.on('data', onData);
  if (lease.fenced.aborted) onFenced();
  else stopListening = onAbort(lease.fenced, onFenced);
  return () => {
    finish({ type: 'fenced' });
  };
}
