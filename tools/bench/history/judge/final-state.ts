import type {
  FinalQueues,
  FinalState,
  FinalTransactions,
  OperationRecord,
  PopRecord,
  QueueRecord,
  TransactionRecord,
} from '@failover/testing';
import { ask } from '../../wire/ask.ts';
import { listsOf } from '../keys.ts';

/** What the primaries hold when all is healed. */
export interface FinalReader {
  list(key: string): Promise<readonly string[]>;
  count(key: string): Promise<number>;
}

/** ms; a list is short. */
const READ_LIMIT_MS = 5000;

export function finalReader(portOf: (key: string) => number): FinalReader {
  return {
    async list(key) {
      const reply = await ask(portOf(key), ['LRANGE', key, '0', '-1'], READ_LIMIT_MS);
      return Array.isArray(reply) ? reply.map(String) : [];
    },
    count: async (key) => Number((await ask(portOf(key), ['GET', key], READ_LIMIT_MS)) ?? 0),
  };
}

/** All that were asked for, one after the other: thousands at once would need as many sockets. */
async function each<T>(
  keys: Iterable<string>,
  read: (key: string) => Promise<T>,
): Promise<Readonly<Record<string, T>>> {
  const found: Record<string, T> = {};
  for (const key of keys) found[key] = await read(key);
  return found;
}

function keysOf<R extends { readonly f: string; readonly key: string }>(
  history: readonly R[],
  ...kinds: readonly R['f'][]
): ReadonlySet<string> {
  return new Set(history.filter(({ f }) => kinds.includes(f)).map(({ key }) => key));
}

export async function finalWrites(
  reader: FinalReader,
  history: readonly OperationRecord[],
): Promise<FinalState> {
  return {
    lists: await each(keysOf(history, 'append'), (key) => reader.list(key)),
    counters: await each(keysOf(history, 'increment'), (key) => reader.count(key)),
  };
}

export async function finalQueues(
  reader: FinalReader,
  history: readonly QueueRecord[],
): Promise<FinalQueues> {
  const into = new Map<string, Set<string>>();
  const pops = history.filter((record): record is PopRecord => record.f === 'pop');
  for (const { key, into: target } of pops) {
    if (target === undefined) continue;
    const known = into.get(key) ?? new Set<string>();
    into.set(key, known.add(target));
  }
  return {
    left: await each(keysOf(history, 'push', 'pop'), (key) => reader.list(key)),
    moved: await each(into.keys(), async (key) =>
      Object.values(await each(into.get(key) ?? [], (target) => reader.list(target))).flat(),
    ),
  };
}

export async function finalTransactions(
  reader: FinalReader,
  history: readonly TransactionRecord[],
): Promise<FinalTransactions> {
  return {
    groups: await each(keysOf(history, 'append'), async (key) =>
      Object.values(await each(listsOf(key), (list) => reader.list(list))),
    ),
    counters: await each(keysOf(history, 'compareAndSet'), (key) => reader.count(key)),
  };
}
