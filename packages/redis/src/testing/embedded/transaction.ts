import { array, error, nullArray, simple, type RespValue } from '../../protocol/value.ts';
import type { Key } from './keyspace.ts';
import { keyOf } from './keyspace.ts';
import type { ServerCommand, ServerCore } from './server-command.ts';
import type { Command, Session } from './session.ts';

const ok = simple('OK');

const watchKey = (db: number, key: Key): string => `${db} ${key}`;

function versionOf(core: ServerCore, watched: string): number {
  const space = watched.indexOf(' ');
  return (
    core.databases[Number(watched.slice(0, space))]?.version(watched.slice(space + 1), core.runtime.now()) ??
    0
  );
}

function end(session: Session): void {
  session.transaction = undefined;
  session.watched.clear();
}

/** MULTI and what belongs to it. `run` runs one queued command. */
export function transactionCommands(
  run: (session: Session, command: Command) => RespValue | undefined,
): Readonly<Record<string, ServerCommand>> {
  return {
    multi: {
      arity: 1,
      isControl: true,
      run: (_core, session) => {
        if (session.transaction !== undefined) return error('ERR MULTI calls can not be nested');
        session.transaction = { commands: [], isBroken: false };
        return ok;
      },
    },
    discard: {
      arity: 1,
      isControl: true,
      run: (_core, session) => {
        if (session.transaction === undefined) return error('ERR DISCARD without MULTI');
        end(session);
        return ok;
      },
    },
    watch: {
      arity: -2,
      isControl: true,
      run: (core, session, keys) => {
        if (session.transaction !== undefined) return error('ERR WATCH inside MULTI is not allowed');
        for (const key of keys) {
          const watched = watchKey(session.db, keyOf(key));
          if (!session.watched.has(watched)) session.watched.set(watched, versionOf(core, watched));
        }
        return ok;
      },
    },
    unwatch: {
      arity: 1,
      run: (_core, session) => {
        session.watched.clear();
        return ok;
      },
    },
    exec: {
      arity: 1,
      isControl: true,
      run: (core, session) => {
        const { transaction } = session;
        if (transaction === undefined) return error('ERR EXEC without MULTI');
        const isChanged = [...session.watched].some(([key, version]) => versionOf(core, key) !== version);
        if (transaction.isBroken) {
          end(session);
          return error('EXECABORT Transaction discarded because of previous errors.');
        }
        if (isChanged) {
          end(session);
          return nullArray;
        }
        // Still set: commands that may not block inside MULTI look at it.
        const replies = transaction.commands.map((command) => run(session, command) ?? ok);
        end(session);
        return array(replies);
      },
    },
  };
}
