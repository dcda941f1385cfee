import { array, bulk, integer, nullArray, nullBulk, type RespValue } from '../../protocol/value.ts';
import { CommandError, entryOf, numberFrom, type DataCommand, type DataContext } from './data-command.ts';
import { keyOf } from './keyspace.ts';

export type ListEnd = 'left' | 'right';

function push(end: ListEnd, mustExist: boolean): DataCommand {
  return {
    arity: -3,
    isWrite: true,
    run: (context, [key, ...values]) => {
      const entry = entryOf(context, keyOf(key), 'list');
      if (entry === undefined && mustExist) return integer(0);
      const items = entry?.items ?? [];
      if (end === 'right') items.push(...values);
      else items.unshift(...values.reverse());
      context.keys.set(keyOf(key), entry ?? { type: 'list', items });
      context.changed();
      return integer(items.length);
    },
  };
}

/** Takes one item; `undefined` if there is no such list. Does not tell replicas. */
export function popOne(context: DataContext, key: Buffer, end: ListEnd): Buffer | undefined {
  const entry = entryOf(context, keyOf(key), 'list');
  const item = end === 'left' ? entry?.items.shift() : entry?.items.pop();
  if (entry === undefined || item === undefined) return undefined;
  if (entry.items.length === 0) context.keys.remove(keyOf(key), context.now);
  else context.keys.touch(keyOf(key));
  return item;
}

function pop(end: ListEnd): DataCommand {
  return {
    arity: -2,
    isWrite: true,
    run: (context, [key = Buffer.alloc(0), count, ...more]) => {
      const name = end === 'left' ? 'lpop' : 'rpop';
      if (more.length > 0) throw new CommandError(`ERR wrong number of arguments for '${name}' command`);
      const most = count === undefined ? undefined : positive(count);
      if (entryOf(context, keyOf(key), 'list') === undefined)
        return most === undefined ? nullBulk : nullArray;
      const taken: RespValue[] = [];
      while (taken.length < (most ?? 1)) {
        const item = popOne(context, key, end);
        if (item === undefined) break;
        taken.push(bulk(item));
      }
      if (taken.length > 0) context.changed();
      return most === undefined ? (taken[0] ?? nullBulk) : array(taken);
    },
  };
}

function positive(count: Buffer): number {
  if (!/^\d+$/.test(count.toString('latin1'))) {
    throw new CommandError('ERR value is out of range, must be positive');
  }
  return numberFrom(count);
}

/** Where a range begins and ends in a list: negative counts from its end. */
export function rangeOf(length: number, from: number, to: number): readonly [start: number, end: number] {
  const start = from < 0 ? Math.max(0, length + from) : from;
  const end = to < 0 ? length + to : Math.min(to, length - 1);
  return [start, end + 1];
}

export const listCommands: Readonly<Record<string, DataCommand>> = {
  rpush: push('right', false),
  lpush: push('left', false),
  rpushx: push('right', true),
  lpushx: push('left', true),
  lpop: pop('left'),
  rpop: pop('right'),
  llen: {
    arity: 2,
    isWrite: false,
    run: (context, [key]) => integer(entryOf(context, keyOf(key), 'list')?.items.length ?? 0),
  },
  lindex: {
    arity: 3,
    isWrite: false,
    run: (context, [key, index]) => {
      const at = numberFrom(index);
      const item = entryOf(context, keyOf(key), 'list')?.items.at(at);
      return item === undefined ? nullBulk : bulk(item);
    },
  },
  lrange: {
    arity: 4,
    isWrite: false,
    run: (context, [key, from, to]) => {
      const [first, last] = [numberFrom(from), numberFrom(to)];
      const items = entryOf(context, keyOf(key), 'list')?.items ?? [];
      return array(items.slice(...rangeOf(items.length, first, last)).map(bulk));
    },
  },
};
