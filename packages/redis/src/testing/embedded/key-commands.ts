import { array, bulk, integer, simple, type RespValue } from '../../protocol/value.ts';
import { CommandError, numberFrom, syntaxError, type DataCommand, type DataContext } from './data-command.ts';
import { matchesGlob } from './glob.ts';
import { keyOf } from './keyspace.ts';

function remove(context: DataContext, keys: readonly Buffer[]): RespValue {
  const removed = keys.filter((key) => context.keys.remove(keyOf(key), context.now)).length;
  if (removed > 0) context.changed();
  return integer(removed);
}

function expire(name: string, unitMs: number): DataCommand {
  return {
    arity: -3,
    isWrite: true,
    run: (context, [key, amount, ...options]) => {
      const ms = numberFrom(amount) * unitMs;
      if (!Number.isSafeInteger(ms)) throw new CommandError(`ERR invalid expire time in '${name}' command`);
      if (options.length > 0)
        throw new CommandError(`ERR Unsupported option ${options[0]?.toString() ?? ''}`);
      const entry = context.keys.get(keyOf(key), context.now);
      if (entry === undefined) return integer(0);
      if (ms <= 0) {
        context.keys.remove(keyOf(key), context.now);
        context.changed(['DEL', key ?? '']);
      } else {
        entry.expiresAt = context.now + ms;
        context.keys.touch(keyOf(key));
        context.changed(['PEXPIREAT', key ?? '', String(entry.expiresAt)]);
      }
      return integer(1);
    },
  };
}

function timeLeft(unitMs: number): DataCommand {
  return {
    arity: 2,
    isWrite: false,
    run: (context, [key]) => {
      const entry = context.keys.get(keyOf(key), context.now);
      if (entry === undefined) return integer(-2);
      if (entry.expiresAt === undefined) return integer(-1);
      return integer(Math.round((entry.expiresAt - context.now) / unitMs));
    },
  };
}

export const keyCommands: Readonly<Record<string, DataCommand>> = {
  del: { arity: -2, isWrite: true, run: remove },
  unlink: { arity: -2, isWrite: true, run: remove },
  exists: {
    arity: -2,
    isWrite: false,
    run: (context, keys) =>
      integer(keys.filter((key) => context.keys.get(keyOf(key), context.now) !== undefined).length),
  },
  type: {
    arity: 2,
    isWrite: false,
    run: (context, [key]) => simple(context.keys.get(keyOf(key), context.now)?.type ?? 'none'),
  },
  expire: expire('expire', 1_000),
  pexpire: expire('pexpire', 1),
  /** On the runtime's clock, which all doubles share; never from a client. */
  pexpireat: {
    arity: 3,
    isWrite: true,
    run: (context, [key, at]) => {
      const entry = context.keys.get(keyOf(key), context.now);
      if (entry === undefined) return integer(0);
      entry.expiresAt = Number(at?.toString('latin1'));
      context.changed();
      return integer(1);
    },
  },
  persist: {
    arity: 2,
    isWrite: true,
    run: (context, [key]) => {
      const entry = context.keys.get(keyOf(key), context.now);
      if (entry?.expiresAt === undefined) return integer(0);
      entry.expiresAt = undefined;
      context.keys.touch(keyOf(key));
      context.changed();
      return integer(1);
    },
  },
  ttl: timeLeft(1_000),
  pttl: timeLeft(1),
  keys: {
    arity: 2,
    isWrite: false,
    run: (context, [pattern]) =>
      array(
        context.keys
          .keys(context.now)
          .filter((key) => matchesGlob(pattern?.toString('latin1') ?? '', key))
          .map((key) => bulk(Buffer.from(key, 'latin1'))),
      ),
  },
  dbsize: { arity: 1, isWrite: false, run: (context) => integer(context.keys.keys(context.now).length) },
  flushdb: {
    arity: -1,
    isWrite: true,
    run: (context, [mode, ...more]) => {
      if (more.length > 0 || (mode !== undefined && !/^(a?sync)$/i.test(mode.toString('latin1')))) {
        throw new CommandError(syntaxError);
      }
      context.keys.clear();
      context.changed();
      return simple('OK');
    },
  },
};
