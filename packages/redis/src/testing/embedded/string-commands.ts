import { bulk, integer, nullBulk, simple, array, type RespValue } from '../../protocol/value.ts';
import {
  CommandError,
  entryOf,
  inRange,
  integerFrom,
  numberFrom,
  syntaxError,
  type DataCommand,
  type DataContext,
} from './data-command.ts';
import { keyOf } from './keyspace.ts';

const ok = simple('OK');

function get(context: DataContext, key: Buffer | undefined): RespValue {
  const entry = entryOf(context, keyOf(key), 'string');
  return entry === undefined ? nullBulk : bulk(entry.bytes);
}

function addTo(context: DataContext, key: Buffer | undefined, by: bigint): RespValue {
  const entry = entryOf(context, keyOf(key), 'string');
  const next = inRange((entry === undefined ? 0n : integerFrom(entry.bytes)) + by);
  const bytes = Buffer.from(String(next));
  context.keys.set(keyOf(key), { type: 'string', bytes, expiresAt: entry?.expiresAt });
  context.changed();
  return integer(next);
}

function set(context: DataContext, [key, value, ...options]: readonly Buffer[]): RespValue {
  let only: 'NX' | 'XX' | undefined;
  let expiresAt: number | undefined;
  let keepsTtl = false;
  let returnsOld = false;
  for (let at = 0; at < options.length; at += 1) {
    const option = options[at]?.toString('latin1').toUpperCase();
    if ((option === 'NX' || option === 'XX') && only === undefined) only = option;
    else if (option === 'GET') returnsOld = true;
    else if (option === 'KEEPTTL' && expiresAt === undefined) keepsTtl = true;
    else if (
      (option === 'EX' || option === 'PX') &&
      expiresAt === undefined &&
      !keepsTtl &&
      at + 1 < options.length
    ) {
      at += 1;
      const amount = numberFrom(options[at]);
      if (amount <= 0) throw new CommandError("ERR invalid expire time in 'set' command");
      expiresAt = context.now + amount * (option === 'EX' ? 1_000 : 1);
    } else throw new CommandError(syntaxError);
  }
  const old = returnsOld ? get(context, key) : undefined;
  const existing = context.keys.get(keyOf(key), context.now);
  if ((only === 'NX' && existing !== undefined) || (only === 'XX' && existing === undefined)) {
    return old ?? nullBulk;
  }
  const bytes = value ?? Buffer.alloc(0);
  const kept = keepsTtl ? existing?.expiresAt : expiresAt;
  context.keys.set(keyOf(key), { type: 'string', bytes, expiresAt: kept });
  const plain = ['SET', key ?? '', bytes];
  if (kept === undefined) context.changed(plain);
  else context.changed(plain, ['PEXPIREAT', key ?? '', String(kept)]);
  return old ?? ok;
}

function setEach(context: DataContext, pairs: readonly Buffer[]): void {
  for (let at = 0; at < pairs.length; at += 2) {
    context.keys.set(keyOf(pairs[at]), { type: 'string', bytes: pairs[at + 1] ?? Buffer.alloc(0) });
  }
  context.changed();
}

export const stringCommands: Readonly<Record<string, DataCommand>> = {
  get: { arity: 2, isWrite: false, run: (context, [key]) => get(context, key) },
  set: { arity: -3, isWrite: true, run: set },
  setnx: {
    arity: 3,
    isWrite: true,
    run: (context, [key, value]) => {
      if (context.keys.get(keyOf(key), context.now) !== undefined) return integer(0);
      context.keys.set(keyOf(key), { type: 'string', bytes: value ?? Buffer.alloc(0) });
      context.changed();
      return integer(1);
    },
  },
  getset: {
    arity: 3,
    isWrite: true,
    run: (context, [key, value]) => {
      const old = get(context, key);
      context.keys.set(keyOf(key), { type: 'string', bytes: value ?? Buffer.alloc(0) });
      context.changed();
      return old;
    },
  },
  append: {
    arity: 3,
    isWrite: true,
    run: (context, [key, value]) => {
      const entry = entryOf(context, keyOf(key), 'string');
      const bytes = Buffer.concat([entry?.bytes ?? Buffer.alloc(0), value ?? Buffer.alloc(0)]);
      context.keys.set(keyOf(key), { type: 'string', bytes, expiresAt: entry?.expiresAt });
      context.changed();
      return integer(bytes.length);
    },
  },
  strlen: {
    arity: 2,
    isWrite: false,
    run: (context, [key]) => integer(entryOf(context, keyOf(key), 'string')?.bytes.length ?? 0),
  },
  incr: { arity: 2, isWrite: true, run: (context, [key]) => addTo(context, key, 1n) },
  decr: { arity: 2, isWrite: true, run: (context, [key]) => addTo(context, key, -1n) },
  incrby: { arity: 3, isWrite: true, run: (context, [key, by]) => addTo(context, key, integerFrom(by)) },
  decrby: { arity: 3, isWrite: true, run: (context, [key, by]) => addTo(context, key, -integerFrom(by)) },
  mget: {
    arity: -2,
    isWrite: false,
    run: (context, keys) =>
      array(
        keys.map((key) => {
          const entry = context.keys.get(keyOf(key), context.now);
          return entry?.type === 'string' ? bulk(entry.bytes) : nullBulk;
        }),
      ),
  },
  mset: {
    arity: -3,
    isWrite: true,
    run: (context, pairs) => {
      if (pairs.length % 2 === 1) throw new CommandError("ERR wrong number of arguments for 'mset' command");
      setEach(context, pairs);
      return ok;
    },
  },
};
