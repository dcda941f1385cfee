import { array, bulk, error, integer, nullBulk, simple, type RespValue } from '../../protocol/value.ts';
import { CommandError } from './data-command.ts';
import { isSubscriber } from './pubsub.ts';
import type { Command, Session } from './session.ts';

/** What connection commands need to know of the server or Sentinel behind them. */
export interface Host {
  readonly version: string;
  readonly mode: 'standalone' | 'sentinel';
  role(): 'master' | 'replica' | undefined;
  readonly password: string | undefined;
  sessions(): readonly Session[];
  drop(session: Session): void;
}

export interface ConnectionCommand {
  readonly arity: number;
  /** Allowed before AUTH. */
  readonly isOpen?: boolean;
  run(host: Host, session: Session, args: readonly Buffer[]): RespValue;
}

const ok = simple('OK');
const wrongPassword = 'WRONGPASS invalid username-password pair or user is disabled.';

function authenticate(host: Host, session: Session, user: string, password: string): void {
  // Without a password the default user takes any.
  if (user !== 'default' || (host.password !== undefined && password !== host.password)) {
    throw new CommandError(wrongPassword);
  }
  session.isAuthenticated = true;
}

function auth(host: Host, session: Session, args: readonly Buffer[]): RespValue {
  if (args.length > 2) throw new CommandError('ERR syntax error');
  if (host.password === undefined && args.length === 1) {
    throw new CommandError(
      'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
    );
  }
  const [user, password] = args.length === 2 ? args : [Buffer.from('default'), args[0]];
  authenticate(host, session, user?.toString() ?? '', password?.toString() ?? '');
  return ok;
}

function hello(host: Host, session: Session, args: readonly Buffer[]): RespValue {
  const [version, ...options] = args.map((arg) => arg.toString());
  if (version !== undefined && !/^-?\d+$/.test(version)) {
    throw new CommandError('ERR Protocol version is not an integer or out of range');
  }
  if (version !== undefined && version !== '2' && version !== '3') {
    throw new CommandError('NOPROTO unsupported protocol version');
  }
  for (let at = 0; at < options.length; at += 1) {
    const option = options[at]?.toUpperCase();
    if (option === 'AUTH' && at + 2 < options.length) {
      authenticate(host, session, options[at + 1] ?? '', options[at + 2] ?? '');
      at += 2;
    } else if (option === 'SETNAME' && at + 1 < options.length) {
      session.clientName = options[at + 1] ?? '';
      at += 1;
    } else throw new CommandError(`ERR Syntax error in HELLO option '${options[at] ?? ''}'`);
  }
  if (!session.isAuthenticated) {
    throw new CommandError(
      'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
    );
  }
  if (version !== undefined) session.resp = version === '3' ? 3 : 2;
  const role = host.role();
  const entries: [RespValue, RespValue][] = [
    [bulk('server'), bulk('redis')],
    [bulk('version'), bulk(host.version)],
    [bulk('proto'), integer(session.resp)],
    [bulk('id'), integer(session.id)],
    [bulk('mode'), bulk(host.mode)],
  ];
  if (role !== undefined) entries.push([bulk('role'), bulk(role)]);
  entries.push([bulk('modules'), array([])]);
  return { type: 'map', entries };
}

/** One line of CLIENT LIST. */
function describe(session: Session, nowMs: number): string {
  const flags = session.isReplicaLink ? 'S' : session.channels.size + session.patterns.size > 0 ? 'P' : 'N';
  const age = Math.floor((nowMs - session.openedAt) / 1_000);
  return `id=${session.id} addr=${session.address} name=${session.clientName} age=${age} flags=${flags} db=${session.db} sub=${session.channels.size} psub=${session.patterns.size} multi=${session.transaction?.commands.length ?? -1} resp=${session.resp}`;
}

function typeOf(session: Session): string {
  if (session.isReplicaLink) return 'replica';
  return session.channels.size + session.patterns.size > 0 ? 'pubsub' : 'normal';
}

function kill(host: Host, session: Session, args: readonly string[]): RespValue {
  if (args.length === 1) {
    const victim = host.sessions().find(({ address }) => address === args[0]);
    if (victim === undefined) throw new CommandError('ERR No such client');
    host.drop(victim);
    return ok;
  }
  let victims = host.sessions();
  let skipsMe = true;
  for (let at = 0; at + 1 < args.length; at += 2) {
    const [filter, value] = [args[at]?.toUpperCase(), args[at + 1] ?? ''];
    if (filter === 'ID') victims = victims.filter(({ id }) => id === Number(value));
    else if (filter === 'ADDR') victims = victims.filter(({ address }) => address === value);
    else if (filter === 'SKIPME') skipsMe = value.toLowerCase() === 'yes';
    else if (filter === 'TYPE') {
      const type = value.toLowerCase() === 'slave' ? 'replica' : value.toLowerCase();
      if (!['normal', 'pubsub', 'replica', 'master'].includes(type)) {
        throw new CommandError(`ERR Unknown client type '${value}'`);
      }
      victims = victims.filter((victim) => typeOf(victim) === type);
    } else throw new CommandError('ERR syntax error');
  }
  if (args.length % 2 === 1) throw new CommandError('ERR syntax error');
  const others = victims.filter((victim) => victim !== session || !skipsMe);
  for (const victim of others) if (victim !== session) host.drop(victim);
  // Its own answer still goes out.
  if (others.includes(session)) queueMicrotask(() => host.drop(session));
  return integer(others.length);
}

function client(host: Host, session: Session, [sub, ...rest]: readonly Buffer[]): RespValue {
  const args = rest.map((arg) => arg.toString());
  const name = sub?.toString().toLowerCase() ?? '';
  switch (name) {
    case 'id':
      return integer(session.id);
    case 'getname':
      return session.clientName === '' ? nullBulk : bulk(session.clientName);
    case 'setname':
      if (args.length !== 1) break;
      if (/[^!-~]/.test(args[0] ?? '')) {
        throw new CommandError('ERR Client names cannot contain spaces, newlines or special characters.');
      }
      session.clientName = args[0] ?? '';
      return ok;
    case 'setinfo':
    case 'no-evict':
    case 'no-touch':
      return ok;
    case 'info':
      return bulk(`${describe(session, session.openedAt)}\n`);
    case 'list':
      return bulk(
        host
          .sessions()
          .map((one) => `${describe(one, session.openedAt)}\n`)
          .join(''),
      );
    case 'kill':
      if (args.length > 0) return kill(host, session, args);
      break;
    case 'unblock': {
      const blocked = host.sessions().find(({ id }) => id === Number(args[0]));
      if (blocked?.unblock === undefined) return integer(0);
      blocked.unblock(args[1]?.toLowerCase() === 'error' ? 'error' : 'timeout');
      return integer(1);
    }
    default:
      return error(`ERR unknown subcommand '${sub?.toString() ?? ''}'. Try CLIENT HELP.`);
  }
  return error(`ERR wrong number of arguments for 'client|${name}' command`);
}

export const connectionCommands: Readonly<Record<string, ConnectionCommand>> = {
  ping: {
    arity: -1,
    run: (_, session, args) => {
      if (args.length > 1) throw new CommandError("ERR wrong number of arguments for 'ping' command");
      if (isSubscriber(session)) return array([bulk('pong'), bulk(args[0] ?? '')]);
      return args[0] === undefined ? simple('PONG') : bulk(args[0]);
    },
  },
  echo: { arity: 2, run: (_host, _session, [text]) => bulk(text ?? '') },
  auth: { arity: -2, isOpen: true, run: auth },
  hello: { arity: -1, isOpen: true, run: hello },
  client: { arity: -2, run: client },
  quit: {
    arity: -1,
    isOpen: true,
    run: (_, session) => {
      queueMicrotask(() => session.end());
      return ok;
    },
  },
  reset: {
    arity: 1,
    isOpen: true,
    run: (host, session) => {
      session.transaction = undefined;
      session.watched.clear();
      session.channels.clear();
      session.patterns.clear();
      session.db = 0;
      session.resp = 2;
      session.clientName = '';
      session.isAuthenticated = host.password === undefined;
      return simple('RESET');
    },
  },
};

/** What Redis says of a command that it does not have. */
export function unknownCommand({ typed, args }: Command): RespValue {
  const shown = args.map((arg) => `'${arg.toString().slice(0, 128)}' `).join('');
  return error(`ERR unknown command '${typed.slice(0, 128)}', with args beginning with: ${shown}`);
}

export function hasArity(arity: number, args: readonly Buffer[]): boolean {
  const count = args.length + 1;
  return arity < 0 ? count >= -arity : count === arity;
}

export function wrongArity(name: string): RespValue {
  return error(`ERR wrong number of arguments for '${name}' command`);
}
