import type { EndpointId, Ms } from '@failover/core';
import type { Session } from '../session/session.ts';
import type { SubscriptionKind } from '../session/subscriptions.ts';
import type { ClientState } from './client-state.ts';
import type { Identity } from './identity.ts';
import type { Users } from './users.ts';
import { defaultUser } from './users.ts';

/** What can be told of a client, put together when somebody asks. */
export interface ClientFacts {
  readonly id: number;
  readonly address: string;
  readonly reachedAt?: EndpointId | undefined;
  readonly ageMs: Ms;
  readonly identity: Identity;
  /** Of the gateway's own users or, if it has none, of the servers'. Undefined: it has not logged in. */
  readonly user: string | undefined;
  readonly session: Session;
  readonly subscribed: Readonly<Record<SubscriptionKind, number>>;
  readonly isInTransaction: boolean;
  /** It waits at a server for as long as it said. */
  readonly isBlocked: boolean;
}

export interface FactsSource extends Pick<
  ClientFacts,
  'id' | 'address' | 'reachedAt' | 'ageMs' | 'isInTransaction' | 'isBlocked'
> {
  readonly users: Users | undefined;
  readonly state: Readonly<ClientState>;
}

export function factsOf({ users, state, ...known }: FactsSource): ClientFacts {
  const { identity, session, user } = state;
  const { channel, pattern, shard } = session.subscriptions;
  return {
    ...known,
    identity,
    user: users === undefined ? (identity.username ?? defaultUser) : user,
    session,
    subscribed: { channel: channel.size, pattern: pattern.size, shard: shard.size },
  };
}

/** One client that has several connections behind it, of which each knows a part. */
export function joinedFacts(own: ClientFacts, parts: readonly ClientFacts[]): ClientFacts {
  const [first] = parts;
  if (first === undefined) return own;
  const sum = (kind: SubscriptionKind): number =>
    parts.reduce((total, { subscribed }) => total + subscribed[kind], 0);
  return {
    ...first,
    ageMs: own.ageMs,
    subscribed: { channel: sum('channel'), pattern: sum('pattern'), shard: sum('shard') },
    isInTransaction: parts.some(({ isInTransaction }) => isInTransaction),
    isBlocked: parts.some(({ isBlocked }) => isBlocked),
  };
}

export type ClientType = 'normal' | 'pubsub' | 'replica' | 'master';

const typesByWord: ReadonlyMap<string, ClientType> = new Map([
  ['normal', 'normal'],
  ['pubsub', 'pubsub'],
  ['replica', 'replica'],
  ['slave', 'replica'],
  ['master', 'master'],
]);

export const clientTypeOf = (word: string): ClientType | undefined => typesByWord.get(word.toLowerCase());

const isSubscriber = ({ subscribed }: ClientFacts): boolean =>
  subscribed.channel + subscribed.pattern + subscribed.shard > 0;

export const typeOf = (facts: ClientFacts): ClientType => (isSubscriber(facts) ? 'pubsub' : 'normal');

/** Its line in CLIENT LIST, in the server's order. What we do not keep of a client is not in it. */
export function describe(facts: ClientFacts, command = lastKnownCommand(facts)): string {
  const { identity, session, subscribed } = facts;
  return [
    `id=${facts.id}`,
    `addr=${facts.address}`,
    `laddr=${facts.reachedAt ?? ''}`,
    `name=${session.clientName}`,
    `age=${ageOf(facts)}`,
    `flags=${flagsOf(facts)}`,
    `db=${identity.db}`,
    `sub=${subscribed.channel}`,
    `psub=${subscribed.pattern}`,
    `ssub=${subscribed.shard}`,
    `cmd=${command}`,
    `user=${facts.user ?? ''}`,
    `redir=${redirectionOf(session)}`,
    `resp=${identity.resp}`,
    `lib-name=${session.libraryName}`,
    `lib-ver=${session.libraryVersion}`,
  ].join(' ');
}

/** What people look for it by; else what servers say of a client that has not asked for anything. */
function lastKnownCommand({ session, subscribed }: ClientFacts): string {
  if (session.isMonitoring) return 'monitor';
  if (subscribed.channel > 0) return 'subscribe';
  if (subscribed.pattern > 0) return 'psubscribe';
  return subscribed.shard > 0 ? 'ssubscribe' : 'NULL';
}

/** In whole seconds, as servers count it. */
export const ageOf = ({ ageMs }: ClientFacts): number => Math.floor(ageMs / 1000);

/** -1: it does not track. 0: it does, and hears of it on its own connection, as all do here. */
export const redirectionOf = ({ tracking }: Session): number => (tracking === undefined ? -1 : 0);

function flagsOf(facts: ClientFacts): string {
  const { session, isBlocked, isInTransaction } = facts;
  const flags = [
    session.isMonitoring ? 'O' : '',
    isSubscriber(facts) ? 'P' : '',
    isInTransaction ? 'x' : '',
    isBlocked ? 'b' : '',
    session.tracking === undefined ? '' : 't',
  ].join('');
  return flags === '' ? 'N' : flags;
}
