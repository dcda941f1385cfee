import type { Session } from '../session/session.ts';
import type { ClientFacts } from './client-facts.ts';
import type { AboutOthers } from './client-filter.ts';
import { readAboutOthers } from './client-filter.ts';
import { answerClient } from './client-command.ts';
import type { GatewayContext } from './context.ts';
import type { ListenerRole } from './handshake.ts';
import { helloReply, readHello } from './hello.ts';
import type { Identity } from './identity.ts';
import { identity } from './identity.ts';
import type { SentinelFacts } from './sentinel-face.ts';
import { answerSentinel } from './sentinel-face.ts';
import { encodeReply } from '../protocol/encode.ts';
import type { MuteMode } from './mute.ts';
import type { PendingSession } from './pending.ts';
import { readInteger } from './read-integer.ts';
import { noAuthHello, wrongPassword } from './stranger.ts';
import { defaultUser } from './users.ts';
import { ok } from './status.ts';

export type SessionAnswer =
  | {
      readonly type: 'reply';
      readonly reply: Buffer;
      readonly session: Session;
      readonly identity: Identity;
      readonly user: string | undefined;
    }
  /** Asked again with the server's verdict. With `needsProof` an equal identity proves nothing. */
  | { readonly type: 'verify'; readonly identity: Identity; readonly needsProof: boolean }
  | { readonly type: 'mute'; readonly mode: MuteMode }
  | { readonly type: 'others'; readonly asked: AboutOthers }
  | { readonly type: 'reset'; readonly reply: Buffer }
  | { readonly type: 'end'; readonly reply: Buffer };

export interface SessionFacts {
  readonly context: Pick<GatewayContext, 'greeting' | 'users'>;
  readonly identity: Identity;
  /** Of the gateway's own users, once it has logged in as one. */
  readonly user: string | undefined;
  readonly session: Session;
  readonly facts: ClientFacts;
  readonly role: ListenerRole;
  readonly sentinel: Pick<SentinelFacts, 'name' | 'reachedAt'>;
}

const muteModes: ReadonlyMap<string, MuteMode> = new Map([
  ['on', 'on'],
  ['off', 'off'],
  ['skip', 'skip'],
]);

/** Answers a command about the connection itself, or says what the server must confirm first. */
export function answerSession(head: PendingSession, now: SessionFacts): SessionAnswer {
  const { args, name, verdict } = head;
  const keep = (reply: Buffer): Extract<SessionAnswer, { type: 'reply' }> => ({
    type: 'reply',
    reply,
    session: now.session,
    identity: now.identity,
    user: now.user,
  });
  const become = (
    to: Identity,
    needsProof: boolean,
    reply: () => Buffer,
    session = now.session,
    user = now.user,
  ): SessionAnswer => {
    if (verdict === undefined && (needsProof || to.key !== now.identity.key)) {
      return { type: 'verify', identity: to, needsProof };
    }
    if (typeof verdict === 'object') return keep(Buffer.from(`-${verdict.error}\r\n`));
    return { type: 'reply', reply: reply(), session, identity: to, user };
  };
  const { username, password, db, resp } = now.identity;
  const { greeting, users } = now.context;

  switch (name) {
    case 'SELECT': {
      const text = args[1]?.toString('latin1') ?? '';
      if (args.length !== 2) return keep(wrongArguments('select'));
      const problem = indexProblem(text);
      if (problem !== undefined) return keep(line(problem));
      return become(identity(username, password, Number(text), resp), false, () => ok);
    }
    case 'AUTH': {
      const [first, second] = [args[1]?.toString(), args[2]?.toString()];
      if (first === undefined) return keep(wrongArguments('auth'));
      if (args.length > 3) return keep(line('ERR syntax error'));
      if (users !== undefined) {
        const [user, given] = second === undefined ? [defaultUser, first] : [first, second];
        return users.accepts(user, given) ? { ...keep(ok), user } : keep(wrongPassword);
      }
      const to =
        second === undefined ? identity(undefined, first, db, resp) : identity(first, second, db, resp);
      return become(to, true, () => ok);
    }
    case 'HELLO': {
      const hello = readHello(args);
      if (hello.type === 'error') return keep(encodeReply(hello.reply));
      const version = hello.resp ?? resp;
      let { user } = now;
      if (users !== undefined) {
        const { login } = hello;
        if (login !== undefined && !users.accepts(login.username, login.password)) return keep(wrongPassword);
        user = login?.username ?? user;
        if (user === undefined) return keep(noAuthHello);
      }
      // Servers are asked only for users of their own.
      const login = users === undefined ? hello.login : undefined;
      const to =
        login === undefined
          ? identity(username, password, db, version)
          : identity(login.username, login.password, db, version);
      const session =
        hello.clientName === undefined ? now.session : { ...now.session, clientName: hello.clientName };
      // Without a login there is nothing to prove: during a failover a client that greets is not kept waiting.
      if (login === undefined && greeting !== undefined) {
        const reply = helloReply(greeting, version, now.facts.id, roleName(now.role));
        return { type: 'reply', reply, session, identity: to, user };
      }
      if (verdict === 'verified' && greeting === undefined) return keep(line("ERR unknown command 'HELLO'"));
      const reply = (): Buffer =>
        greeting === undefined ? ok : helloReply(greeting, version, now.facts.id, roleName(now.role));
      return become(to, true, reply, session, user);
    }
    case 'CLIENT': {
      const mode =
        args.length === 3 && wordAt(args, 1) === 'reply' ? muteModes.get(wordAt(args, 2)) : undefined;
      if (mode !== undefined) return { type: 'mute', mode };
      const asked = readAboutOthers(args);
      if (asked !== undefined) return { type: 'others', asked };
      const { session, reply } = answerClient(args, now.session, now.facts);
      return { ...keep(reply), session };
    }
    case 'SENTINEL':
      return keep(answerSentinel(args, { ...now.sentinel, resp }));
    case 'RESET':
      if (args.length !== 1) return keep(wrongArguments('reset'));
      return { type: 'reset', reply: Buffer.from('+RESET\r\n') };
    case 'QUIT':
      return { type: 'end', reply: ok };
    default:
      return keep(line(`ERR unknown command '${name}'`));
  }
}

/** What a server says of a database that none can have. Whether it has this one, it is asked. */
function indexProblem(text: string): string | undefined {
  const index = readInteger(text);
  if (index === undefined) return 'ERR value is not an integer or out of range';
  if (BigInt.asIntN(32, index) !== index) {
    return 'ERR value is out of range, value must between -2147483648 and 2147483647';
  }
  return index < 0n ? 'ERR DB index is out of range' : undefined;
}

const wordAt = (args: readonly Buffer[], at: number): string =>
  args[at]?.toString('latin1').toLowerCase() ?? '';
const roleName = (role: ListenerRole): string => (role === 'primary' ? 'master' : 'replica');
const line = (text: string): Buffer => Buffer.from(`-${text}\r\n`);
const wrongArguments = (name: string): Buffer => line(`ERR wrong number of arguments for '${name}' command`);
