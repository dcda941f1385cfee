import { endpointOf } from '@failover/core';
import { array, bulk, integer, nullArray, simple, type RespValue } from '../../protocol/value.ts';
import { configCommand } from './config-command.ts';
import { CommandError, integerFrom, numberFrom } from './data-command.ts';
import { popOne, type ListEnd } from './list-commands.ts';
import { popped } from './blocked-pops.ts';
import { changeSubscription, publish } from './pubsub.ts';
import { replicaAddress, roleReply } from './replication.ts';
import type { ServerCommand, ServerCore } from './server-command.ts';
import type { Session } from './session.ts';

const ok = simple('OK');

function blockingPop(name: string, end: ListEnd): ServerCommand {
  return {
    arity: -3,
    isWrite: true,
    run: (core, session, args) => {
      const keys = args.slice(0, -1);
      const seconds = secondsFrom(args.at(-1));
      for (const key of keys) {
        const context = core.context(session, []);
        const item = popOne(context, key, end);
        if (item === undefined) continue;
        context.changed([end === 'left' ? 'LPOP' : 'RPOP', key]);
        return popped(key, item);
      }
      // Inside MULTI nothing may block.
      if (session.transaction !== undefined) return nullArray;
      core.blocked.add({ session, db: session.db, keys, end }, seconds * 1_000);
      return undefined;
    },
  };
}

function secondsFrom(bytes: Buffer | undefined): number {
  const text = bytes?.toString('latin1') ?? '';
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new CommandError('ERR timeout is not a float or out of range');
  if (Number(text) < 0) throw new CommandError('ERR timeout is negative');
  return Number(text);
}

function replicaOf(core: ServerCore, [host, port]: readonly Buffer[]): RespValue {
  const [name, number] = [host?.toString() ?? '', port?.toString() ?? ''];
  if (name.toLowerCase() === 'no' && number.toLowerCase() === 'one') {
    core.replication.follow(undefined);
    return ok;
  }
  if (!/^\d{1,5}$/.test(number)) throw new CommandError('ERR Invalid master port');
  const master = endpointOf(name, Number(number));
  if (core.replication.master === master) return simple('OK Already connected to specified master');
  core.blocked.refuseAll(
    'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
  );
  core.replication.follow(master);
  return ok;
}

function wait(core: ServerCore, session: Session, [count, timeout]: readonly Buffer[]): undefined {
  if (core.replication.master !== undefined) {
    throw new CommandError(
      'ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.',
    );
  }
  const replicas = numberFrom(count);
  const timeoutMs = timeoutFrom(timeout);
  core.waits.add(session, replicas, timeoutMs);
}

function timeoutFrom(bytes: Buffer | undefined): number {
  const text = bytes?.toString('latin1') ?? '';
  if (!/^-?\d+$/.test(text)) throw new CommandError('ERR timeout is not an integer or out of range');
  if (Number(text) < 0) throw new CommandError('ERR timeout is negative');
  return Number(text);
}

function debug(core: ServerCore, session: Session, [sub, seconds]: readonly Buffer[]): RespValue | undefined {
  if (sub?.toString().toLowerCase() !== 'sleep') {
    throw new CommandError(`ERR unknown subcommand '${sub?.toString() ?? ''}'. Try DEBUG HELP.`);
  }
  core.process.sleep(Number(seconds?.toString() ?? 0) * 1_000);
  // The timer of a process that sleeps fires when it wakes.
  core.runtime.after(0, () => session.reply(ok));
  return undefined;
}

export const serverCommands: Readonly<Record<string, ServerCommand>> = {
  select: {
    arity: 2,
    run: (core, session, [db]) => {
      const number = numberFrom(db);
      if (number < 0 || number >= core.databases.length)
        throw new CommandError('ERR DB index is out of range');
      session.db = number;
      return ok;
    },
  },
  blpop: blockingPop('blpop', 'left'),
  brpop: blockingPop('brpop', 'right'),
  flushall: {
    arity: -1,
    isWrite: true,
    run: (core, session) => {
      for (const keys of core.databases) keys.clear();
      core.context(session, []).changed(['FLUSHALL']);
      return ok;
    },
  },
  role: { arity: 1, run: (core) => roleReply(core.replication) },
  info: {
    arity: -1,
    run: (core, _session, sections) => {
      const bytes = Buffer.from(core.info(sections.map(String)));
      return { type: 'verbatim', format: 'txt', bytes };
    },
  },
  replicaof: { arity: 3, run: (core, _session, args) => replicaOf(core, args) },
  slaveof: { arity: 3, run: (core, _session, args) => replicaOf(core, args) },
  config: { arity: -2, run: (core, _session, args) => configCommand(core.config, args, core.rewriteConfig) },
  wait: { arity: 3, run: wait },
  publish: {
    arity: 3,
    run: (core, session, [channel, message]) => {
      const receivers = publish(core.host.sessions(), channel?.toString() ?? '', message ?? '');
      // Subscribers of replicas hear it too.
      core.context(session, []).changed(['PUBLISH', channel ?? '', message ?? '']);
      return integer(receivers);
    },
  },
  subscribe: subscription('subscribe', -2),
  psubscribe: subscription('psubscribe', -2),
  unsubscribe: subscription('unsubscribe', -1),
  punsubscribe: subscription('punsubscribe', -1),
  time: {
    arity: 1,
    run: ({ runtime }) => {
      const micros = Math.floor(runtime.now() * 1_000);
      return array([bulk(String(Math.floor(micros / 1_000_000))), bulk(String(micros % 1_000_000))]);
    },
  },
  debug: { arity: -2, run: debug },
  doublesync: {
    arity: 2,
    run: (core, session, [replica]) => {
      core.replication.attach(session, replicaAddress(replica));
      return undefined;
    },
  },
  replconf: {
    arity: -2,
    run: (core, session, [option, offset]) => {
      if (option?.toString().toLowerCase() !== 'ack') return ok;
      core.replication.acknowledge(session, Number(integerFrom(offset)));
      return undefined;
    },
  },
};

function subscription(name: string, arity: number): ServerCommand {
  return {
    arity,
    run: (_core, session, args) => {
      changeSubscription(session, name, args);
      return undefined;
    },
  };
}
