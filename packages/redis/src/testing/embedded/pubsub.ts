import { array, bulk, integer, nullBulk, type RespValue } from '../../protocol/value.ts';
import { matchesGlob } from './glob.ts';
import type { Session } from './session.ts';

/** How many sessions got it. Each gets one copy for each subscription that fits, as from Redis. */
export function publish(sessions: readonly Session[], channel: string, message: string | Uint8Array): number {
  let receivers = 0;
  for (const session of sessions) {
    if (session.channels.has(channel)) {
      deliver(session, [bulk('message'), bulk(channel), bulk(message)]);
      receivers += 1;
    }
    for (const pattern of session.patterns) {
      if (!matchesGlob(pattern, channel)) continue;
      deliver(session, [bulk('pmessage'), bulk(pattern), bulk(channel), bulk(message)]);
      receivers += 1;
    }
  }
  return receivers;
}

export const pubsubNames: ReadonlySet<string> = new Set([
  'subscribe',
  'unsubscribe',
  'psubscribe',
  'punsubscribe',
]);

/** Changes what a session listens to and confirms each channel. */
export function changeSubscription(session: Session, name: string, args: readonly Buffer[]): void {
  const isPattern = name.startsWith('p');
  const set = isPattern ? session.patterns : session.channels;
  const isLeaving = name.includes('unsubscribe');
  const named = args.map((arg) => arg.toString());
  const affected: readonly (string | undefined)[] = isLeaving && named.length === 0 ? [...set] : named;
  for (const channel of affected.length === 0 ? [undefined] : affected) {
    if (channel !== undefined) {
      if (isLeaving) set.delete(channel);
      else set.add(channel);
    }
    const count = session.channels.size + session.patterns.size;
    deliver(session, [bulk(name), channel === undefined ? nullBulk : bulk(channel), integer(count)]);
  }
}

/** A RESP2 client that subscribes may do little else. */
export function isSubscriber(session: Session): boolean {
  return session.resp === 2 && session.channels.size + session.patterns.size > 0;
}

function deliver(session: Session, items: readonly RespValue[]): void {
  session.reply(session.resp === 3 ? { type: 'push', items } : array(items));
}
