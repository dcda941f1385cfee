import type { EndpointId, Runtime } from '@failover/core';
import type { CounterRead, FinalState, ListRead, Operations, RejectedOutcome } from '@failover/testing';
import { itemsOf, textOf, type RespValue } from '../protocol/value.ts';
import { connectResp, NoReplyError, type RespClient } from './resp-client.ts';

/** The server's or the gateway's own words. */
export class ErrorReply extends Error {
  readonly code: string;

  constructor(text: string) {
    super(text);
    this.name = 'ErrorReply';
    this.code = text.split(' ', 1)[0] ?? '';
  }
}

export interface RespOperations extends Operations, Disposable {
  /** How often the connection ended and had to be opened again. */
  readonly reconnects: number;
}

/** These prove that nothing was executed. */
const refused: ReadonlySet<string> = new Set([
  'READONLY',
  'LOADING',
  'MASTERDOWN',
  'NOREPLICAS',
  'TRYAGAIN',
  'CLUSTERDOWN',
  'UNBLOCKED',
  'BUSY',
  'EXECABORT',
]);

/** ms: longer than any hold window, so that an operation ends by its own reply. */
const replyMs = 120_000;

/**
 * The workload's operations through one RESP endpoint: a server, or the local process. One connection, opened again
 * when it ended; nothing is sent twice, so whatever is doubled was doubled behind the endpoint.
 */
export function respOperations(runtime: Runtime, endpoint: EndpointId): RespOperations {
  let client: RespClient | undefined;
  let opened = 0;

  async function send(command: readonly string[], signal?: AbortSignal): Promise<RespValue> {
    if (client === undefined || client.isClosed) {
      client = connectResp(runtime, endpoint);
      opened += 1;
    }
    const reply = await heeding(client.send(command, replyMs), signal);
    if (reply.type === 'error') throw new ErrorReply(reply.text);
    return reply;
  }

  return {
    async append(list, value, signal) {
      await send(['RPUSH', list, value], signal);
      return undefined;
    },
    async increment(counter, signal) {
      await send(['INCR', counter], signal);
      return undefined;
    },
    read: async (list, signal): Promise<ListRead> => ({
      values: textsOf(await send(['LRANGE', list, '0', '-1'], signal)),
    }),
    readCounter: async (counter, signal): Promise<CounterRead> => ({
      count: Number(textOf(await send(['GET', counter], signal)) ?? 0),
    }),
    outcomeOf(error): RejectedOutcome {
      if (error instanceof NoReplyError) return { outcome: error.isSent ? 'unknown' : 'refused' };
      if (!(error instanceof ErrorReply)) return { outcome: 'unknown' };
      if (error.code === 'OUTCOMEUNKNOWN') return { outcome: 'unknown', error: error.code };
      return { outcome: refused.has(error.code) ? 'refused' : 'error', error: error.code };
    },
    get reconnects() {
      return Math.max(0, opened - 1);
    },
    [Symbol.dispose]: () => client?.close(),
  };
}

/** What a server holds under these keys, asked over one connection. */
export async function readBack(
  runtime: Runtime,
  server: EndpointId,
  keys: { readonly lists: readonly string[]; readonly counters: readonly string[] },
): Promise<FinalState> {
  const client = connectResp(runtime, server);
  try {
    const lists = await Promise.all(
      keys.lists.map(async (key) => [key, textsOf(await client.send(['LRANGE', key, '0', '-1']))] as const),
    );
    const counters = await Promise.all(
      keys.counters.map(async (key) => [key, Number(textOf(await client.send(['GET', key])) ?? 0)] as const),
    );
    return { lists: Object.fromEntries(lists), counters: Object.fromEntries(counters) };
  } finally {
    client.close();
  }
}

function textsOf(reply: RespValue): readonly string[] {
  return (itemsOf(reply) ?? []).map((item) => textOf(item) ?? '');
}

/** The command was sent all the same: what became of it stays unknown. */
function heeding<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
