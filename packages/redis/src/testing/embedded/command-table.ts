import { array, bulk, integer, simple, type RespValue } from '../../protocol/value.ts';
import { connectionCommands } from './connection-commands.ts';
import type { DataContext } from './data-command.ts';
import { hashCommands } from './hash-commands.ts';
import { keyCommands } from './key-commands.ts';
import { listCommands } from './list-commands.ts';
import { publish, pubsubNames } from './pubsub.ts';
import type { ServerCore } from './server-command.ts';
import { serverCommands } from './server-commands.ts';
import type { Command, Session } from './session.ts';
import { stringCommands } from './string-commands.ts';
import { transactionCommands } from './transaction.ts';

/** Any command, in one shape. */
export interface KnownCommand {
  readonly arity: number;
  readonly isWrite: boolean;
  readonly isOpen: boolean;
  readonly isControl: boolean;
  readonly isForSubscribers: boolean;
  run(core: ServerCore, session: Session, command: Command): RespValue | undefined;
  /** Runs it as part of the stream from the master. */
  apply?: (core: ServerCore, context: DataContext, command: Command) => void;
}

const plain = { isWrite: false, isOpen: false, isControl: false, isForSubscribers: false };

export function commandTable(
  runOne: (session: Session, command: Command) => RespValue | undefined,
): ReadonlyMap<string, KnownCommand> {
  const table = new Map<string, KnownCommand>();
  for (const [name, command] of Object.entries({
    ...stringCommands,
    ...listCommands,
    ...hashCommands,
    ...keyCommands,
  })) {
    table.set(name, {
      ...plain,
      arity: command.arity,
      isWrite: command.isWrite,
      run: (core, session, { typed, args }) =>
        command.run(core.context(session, [Buffer.from(typed), ...args]), args),
      apply: (_core, context, { args }) => void command.run(context, args),
    });
  }
  for (const [name, command] of Object.entries(connectionCommands)) {
    table.set(name, {
      ...plain,
      arity: command.arity,
      isOpen: command.isOpen === true,
      isControl: name === 'quit' || name === 'reset',
      isForSubscribers: ['ping', 'quit', 'reset'].includes(name),
      run: (core, session, { args }) => command.run(core.host, session, args),
    });
  }
  for (const [name, command] of Object.entries({ ...serverCommands, ...transactionCommands(runOne) })) {
    table.set(name, {
      ...plain,
      arity: command.arity,
      isWrite: command.isWrite === true,
      isControl: command.isControl === true,
      isForSubscribers: pubsubNames.has(name),
      run: (core, session, { args }) => command.run(core, session, args),
    });
  }
  table.set('command', { ...plain, arity: -1, run: (_core, _session, { args }) => describe(table, args) });
  const streamed = table.get('flushall');
  const published = table.get('publish');
  if (streamed) streamed.apply = (core) => core.databases.forEach((keys) => keys.clear());
  if (published) {
    published.apply = (core, _context, { args: [channel, message] }) => {
      publish(core.host.sessions(), channel?.toString() ?? '', message ?? '');
    };
  }
  return table;
}

/** COMMAND, without key positions: enough for clients that only ask whether a command is there. */
function describe(table: ReadonlyMap<string, KnownCommand>, args: readonly Buffer[]): RespValue {
  const sub = args[0]?.toString().toLowerCase();
  if (sub === 'count') return integer(table.size);
  if (sub === 'docs') return { type: 'map', entries: [] };
  return array(
    [...table].map(([name, { arity, isWrite }]) =>
      array([
        bulk(name),
        integer(arity),
        { type: 'set', items: [simple(isWrite ? 'write' : 'readonly')] },
        integer(0),
        integer(0),
        integer(0),
      ]),
    ),
  );
}
