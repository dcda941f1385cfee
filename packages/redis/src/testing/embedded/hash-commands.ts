import { array, bulk, integer, nullBulk, type RespValue } from '../../protocol/value.ts';
import {
  CommandError,
  entryOf,
  inRange,
  integerFrom,
  type DataCommand,
  type DataContext,
} from './data-command.ts';
import { keyOf } from './keyspace.ts';

function fieldsOf(context: DataContext, key: Buffer | undefined): Map<string, Buffer> | undefined {
  return entryOf(context, keyOf(key), 'hash')?.fields;
}

function fieldsToChange(context: DataContext, key: Buffer | undefined): Map<string, Buffer> {
  const entry = entryOf(context, keyOf(key), 'hash') ?? { type: 'hash', fields: new Map<string, Buffer>() };
  context.keys.set(keyOf(key), entry);
  return entry.fields;
}

const fieldBytes = (field: string): RespValue => bulk(Buffer.from(field, 'latin1'));

export const hashCommands: Readonly<Record<string, DataCommand>> = {
  hset: {
    arity: -4,
    isWrite: true,
    run: (context, [key, ...pairs]) => {
      if (pairs.length % 2 === 1) throw new CommandError("ERR wrong number of arguments for 'hset' command");
      const fields = fieldsToChange(context, key);
      const before = fields.size;
      for (let at = 0; at < pairs.length; at += 2) {
        fields.set(keyOf(pairs[at]), pairs[at + 1] ?? Buffer.alloc(0));
      }
      context.changed();
      return integer(fields.size - before);
    },
  },
  hget: {
    arity: 3,
    isWrite: false,
    run: (context, [key, field]) => {
      const value = fieldsOf(context, key)?.get(keyOf(field));
      return value === undefined ? nullBulk : bulk(value);
    },
  },
  hmget: {
    arity: -3,
    isWrite: false,
    run: (context, [key, ...wanted]) => {
      const fields = fieldsOf(context, key);
      return array(
        wanted.map((field) => {
          const value = fields?.get(keyOf(field));
          return value === undefined ? nullBulk : bulk(value);
        }),
      );
    },
  },
  hgetall: {
    arity: 2,
    isWrite: false,
    run: (context, [key]) => ({
      type: 'map',
      entries: [...(fieldsOf(context, key) ?? [])].map(
        ([field, value]) => [fieldBytes(field), bulk(value)] as const,
      ),
    }),
  },
  hlen: { arity: 2, isWrite: false, run: (context, [key]) => integer(fieldsOf(context, key)?.size ?? 0) },
  hexists: {
    arity: 3,
    isWrite: false,
    run: (context, [key, field]) => integer(fieldsOf(context, key)?.has(keyOf(field)) === true ? 1 : 0),
  },
  hdel: {
    arity: -3,
    isWrite: true,
    run: (context, [key, ...gone]) => {
      const fields = fieldsOf(context, key);
      const removed = gone.filter((field) => fields?.delete(keyOf(field))).length;
      if (removed > 0) {
        if (fields?.size === 0) context.keys.remove(keyOf(key), context.now);
        else context.keys.touch(keyOf(key));
        context.changed();
      }
      return integer(removed);
    },
  },
  hincrby: {
    arity: 4,
    isWrite: true,
    run: (context, [key, field, by]) => {
      const amount = integerFrom(by);
      const old = fieldsOf(context, key)?.get(keyOf(field));
      if (old !== undefined && !/^-?\d+$/.test(old.toString('latin1'))) {
        throw new CommandError('ERR hash value is not an integer');
      }
      const next = inRange((old === undefined ? 0n : BigInt(old.toString('latin1'))) + amount);
      fieldsToChange(context, key).set(keyOf(field), Buffer.from(String(next)));
      context.changed();
      return integer(next);
    },
  },
};
