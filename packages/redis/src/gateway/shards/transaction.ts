import type { Unit } from './unit.ts';
import { crossSlot } from './plan.ts';
import { ok, queued } from '../status.ts';

/**
 * A transaction of a client that knows of no shards belongs to the shard of its first key.
 * - `watching`: WATCH was sent there, MULTI was not.
 * - `begun`: MULTI was answered here, and what has no key waits until there is a shard.
 * - `bound`: MULTI is there.
 * - `failed`: a command of it could not be queued, so that EXEC runs nothing, as at a server.
 */
export type ShardTransaction =
  | { readonly type: 'none' }
  | { readonly type: 'watching'; readonly shard: string }
  | { readonly type: 'begun'; readonly waiting: readonly Uint8Array[] }
  | { readonly type: 'bound'; readonly shard: string }
  | { readonly type: 'failed'; readonly shard: string | undefined };

export const noTransaction: ShardTransaction = { type: 'none' };

/** What to do with a command, and what the transaction is then. */
export type TransactionStep =
  | { readonly type: 'answer'; readonly reply: Uint8Array; readonly next: ShardTransaction }
  /** `before` goes first, and its answers are for nobody. */
  | {
      readonly type: 'send';
      readonly shard: string;
      readonly before: readonly Uint8Array[];
      readonly next: ShardTransaction;
    }
  /** To whichever shard there is. */
  | { readonly type: 'sendAny'; readonly before: readonly Uint8Array[]; readonly next: ShardTransaction }
  /** Of no transaction. */
  | { readonly type: 'plain' }
  /** Nobody serves this slot now. */
  | { readonly type: 'wait' };

/** Commands without a key that may wait for the first key. */
const maxWaiting = 1000;

const line = (text: string): Buffer => Buffer.from(`${text}\r\n`);
const nested = line('-ERR MULTI calls can not be nested');
const watchInside = line('-ERR WATCH inside MULTI is not allowed');
const withoutMulti = (name: string): Buffer => line(`-ERR ${name} without MULTI`);
const aborted = line('-EXECABORT Transaction discarded because of previous errors.');
const notInside = (name: string): Buffer =>
  line(`-ERR ${name.slice(0, 64)} is refused by failover: not inside MULTI, where one shard does all`);
const tooMuch = line('-ERR too much without a key before the first key of a transaction');
const multi = Buffer.from('*1\r\n$5\r\nMULTI\r\n');
const discard = Buffer.from('*1\r\n$7\r\nDISCARD\r\n');

/** @param shardOf the shard of the command's slot; undefined if nobody serves it */
export function stepTransaction(
  state: ShardTransaction,
  { plan, traits, bytes, large }: Pick<Unit, 'plan' | 'traits' | 'bytes' | 'large'>,
  shardOf: (slot: number) => string | undefined,
  watchedSlots: () => readonly number[],
): TransactionStep {
  const answer = (reply: Uint8Array, next: ShardTransaction = state): TransactionStep => ({
    type: 'answer',
    reply,
    next,
  });
  const fail = (reply: Uint8Array): TransactionStep =>
    answer(reply, { type: 'failed', shard: state.type === 'bound' ? state.shard : undefined });
  const isOpen = state.type === 'begun' || state.type === 'bound' || state.type === 'failed';

  switch (traits.name) {
    case 'MULTI':
      if (isOpen) return answer(nested);
      if (state.type === 'none') return answer(ok, { type: 'begun', waiting: [] });
      return { type: 'send', shard: state.shard, before: [], next: { type: 'bound', shard: state.shard } };
    case 'WATCH': {
      if (isOpen) return answer(watchInside);
      const shards = watchedSlots().map(shardOf);
      const [shard] = shards;
      if (shards.includes(undefined)) return { type: 'wait' };
      // Without a key any server has the words for it.
      if (shard === undefined) return { type: 'sendAny', before: [], next: state };
      const isOne =
        shards.every((each) => each === shard) && (state.type === 'none' || state.shard === shard);
      return isOne
        ? { type: 'send', shard, before: [], next: { type: 'watching', shard } }
        : answer(crossSlot);
    }
    case 'UNWATCH':
      if (state.type !== 'watching') return isOpen ? queueKeyless() : answer(ok);
      return { type: 'send', shard: state.shard, before: [], next: noTransaction };
    case 'EXEC':
    case 'DISCARD':
      return end(traits.name);
    case 'QUIT':
    case 'RESET':
      return { type: 'plain' };
    default:
      break;
  }
  if (!isOpen) return { type: 'plain' };
  if (plan.type === 'any') return queueKeyless();
  if (plan.type === 'answer') return fail(plan.reply);
  if (plan.type === 'split') return fail(crossSlot);
  if (plan.type !== 'shard') return fail(notInside(traits.name));
  if (state.type === 'failed') return answer(queued);
  const shard = shardOf(plan.slot);
  if (shard === undefined) return { type: 'wait' };
  if (state.type === 'begun') {
    return { type: 'send', shard, before: [multi, ...state.waiting], next: { type: 'bound', shard } };
  }
  return shard === state.shard ? { type: 'send', shard, before: [], next: state } : fail(crossSlot);

  function queueKeyless(): TransactionStep {
    if (state.type === 'bound') return { type: 'send', shard: state.shard, before: [], next: state };
    if (state.type !== 'begun') return answer(queued);
    if (state.waiting.length >= maxWaiting || large !== undefined) return fail(tooMuch);
    return answer(queued, { type: 'begun', waiting: [...state.waiting, bytes] });
  }

  function end(name: 'EXEC' | 'DISCARD'): TransactionStep {
    switch (state.type) {
      case 'none':
      case 'watching':
        return answer(withoutMulti(name));
      case 'begun':
        return name === 'DISCARD'
          ? answer(ok, noTransaction)
          : { type: 'sendAny', before: [multi, ...state.waiting], next: noTransaction };
      case 'bound':
        return { type: 'send', shard: state.shard, before: [], next: noTransaction };
      case 'failed':
        return answer(name === 'EXEC' ? aborted : ok, noTransaction);
    }
  }
}

/** What ends a failed transaction where it was begun. */
export const discardBytes: Uint8Array = discard;

/** After a command of it was answered with an error that no server gave. */
export function afterRefusal(state: ShardTransaction, name: string): ShardTransaction {
  if (state.type === 'none' || state.type === 'watching') return state;
  if (name === 'EXEC' || name === 'DISCARD') return noTransaction;
  return { type: 'failed', shard: state.type === 'begun' ? undefined : state.shard };
}
