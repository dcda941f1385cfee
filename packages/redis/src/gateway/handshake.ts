import { encodeCommand } from '../protocol/encode.ts';
import type { RespValue } from '../protocol/value.ts';
import { textOf } from '../protocol/value.ts';
import { readError, readRole } from '../read-reply.ts';
import type { RedisReply } from '../replies.ts';
import type { Identity } from './identity.ts';

/** The listener's own user, who may ask ROLE where a client's user may not. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

export type ListenerRole = 'primary' | 'replica';

export type Verdict =
  | { readonly type: 'verified'; readonly greeting: RespValue | undefined }
  /** The server does not accept this identity: the client gets its words. */
  | { readonly type: 'rejected'; readonly error: string }
  /** It cannot be used now; `reply` is what it told about itself. */
  | { readonly type: 'unfit'; readonly reply: RedisReply; readonly reason: string };

export interface Handshake {
  /** Everything in one write, so that it costs one round trip. */
  readonly bytes: Buffer;
  readonly replyCount: number;
  /** Given all replies, in order. */
  judge(replies: readonly RespValue[]): Verdict;
}

/**
 * The bytes that make a fresh connection speak as `who`, and prove on that very connection that the server has the
 * role that the lease says.
 */
export function handshake(
  who: Identity,
  listener: Credentials,
  role: ListenerRole,
  isOfCluster = false,
): Handshake {
  const frames: Buffer[] = [];
  const isRoleReply: boolean[] = [];
  let greetingAt = -1;
  const identityReplies: number[] = [];
  const send = (args: readonly string[], kind: 'identity' | 'role' | 'optional'): void => {
    if (kind === 'identity') identityReplies.push(frames.length);
    isRoleReply.push(kind === 'role');
    frames.push(encodeCommand(args));
  };
  const auth = (username: string | undefined, password: string): readonly string[] =>
    username === undefined ? ['AUTH', password] : ['AUTH', username, password];

  const isListener = who.username === listener.username && who.password === listener.password;
  if (!isListener && listener.password !== undefined) {
    send(auth(listener.username, listener.password), 'optional');
    send(['ROLE'], 'role');
  }
  // Not within HELLO, which takes any password for a user who has none: AUTH alone says that there is none.
  if (who.password !== undefined) send(auth(who.username, who.password), 'identity');
  if (who.resp === 3) {
    greetingAt = frames.length;
    send(['HELLO', '3'], 'identity');
  }
  if (who.resp === 2) {
    // Only to learn which server it is. One that does not know HELLO says so, and that is all.
    greetingAt = frames.length;
    send(['HELLO', '2'], 'optional');
  }
  if (who.db !== 0) send(['SELECT', String(who.db)], 'identity');
  // A replica of a Redis Cluster sends readers away unless they say that they mean it.
  if (isOfCluster && role === 'replica') send(['READONLY'], 'optional');
  // A node that was started again is primary at once, and refuses everything for some two seconds.
  const stateAt = isOfCluster ? frames.length : -1;
  if (isOfCluster) send(['CLUSTER', 'INFO'], 'optional');
  send(['ROLE'], 'role');

  return {
    bytes: Buffer.concat(frames),
    replyCount: frames.length,
    judge(replies) {
      const errors = replies.map(readError);
      const roles = replies.filter((_, at) => isRoleReply[at]).map((reply) => readRole(reply));
      // A server that is loading or that has too many clients says so to everything; it is no word on the identity.
      const notNow = errors.find((error) => error?.type === 'errorReply' && isNotNow(error.code, error.text));
      if (notNow?.type === 'errorReply') return { type: 'unfit', reply: notNow, reason: notNow.text };
      if (/^cluster_state:fail\s*$/m.test(textOf(replies[stateAt]) ?? ''))
        return { type: 'unfit', reply: clusterDown, reason: clusterDown.text };
      const rejected = identityReplies.map((at) => errors[at]).find((error) => error !== undefined);
      if (rejected?.type === 'errorReply') return { type: 'rejected', error: rejected.text };

      const told = roles.find((reply) => reply.type === 'role');
      if (told?.type === 'role') {
        const fits =
          told.role.type === 'master' ||
          (role === 'replica' && told.role.type === 'slave' && told.role.isLinked);
        if (!fits) return { type: 'unfit', reply: told, reason: `it answers ROLE ${told.role.type}` };
      } else {
        const denied = roles.find((reply) => reply.type === 'errorReply');
        // Who may not ask ROLE relies on the lease, which rests on the monitor's evidence alone.
        if (denied?.type === 'errorReply' && denied.code === 'NOAUTH') {
          return { type: 'rejected', error: denied.text };
        }
        if (denied?.type !== 'errorReply' || denied.code !== 'NOPERM') {
          return { type: 'unfit', reply: denied ?? noAnswer, reason: 'it does not answer ROLE' };
        }
      }
      return { type: 'verified', greeting: replies[greetingAt] };
    },
  };
}

const clusterDown = {
  type: 'errorReply',
  code: 'CLUSTERDOWN',
  text: 'CLUSTERDOWN The cluster is down',
} as const;
const noAnswer: RedisReply = { type: 'errorReply', code: 'UNREADABLE', text: 'no answer to ROLE' };

function isNotNow(code: string, text: string): boolean {
  return code === 'LOADING' || code === 'MASTERDOWN' || text.includes('max number of clients reached');
}
