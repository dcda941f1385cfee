import type { PersistentMap } from '@failover/core';
import { persistentMap } from '@failover/core';

export type SubscriptionKind = 'channel' | 'pattern' | 'shard';

/** What a client is subscribed to. Each confirmation gives a new one, so copying all names would be quadratic. */
export type Subscriptions = Readonly<Record<SubscriptionKind, PersistentMap<string, true>>>;

const none = persistentMap<string, true>();

export const noSubscriptions: Subscriptions = {
  channel: none,
  pattern: none,
  shard: none,
};

export const subscriptionCount = (subscriptions: Subscriptions): number =>
  subscriptions.channel.size + subscriptions.pattern.size + subscriptions.shard.size;

interface SubscriptionCommand {
  readonly kind: SubscriptionKind;
  readonly isAdding: boolean;
}

const commands: Readonly<Record<string, SubscriptionCommand>> = {
  SUBSCRIBE: { kind: 'channel', isAdding: true },
  UNSUBSCRIBE: { kind: 'channel', isAdding: false },
  PSUBSCRIBE: { kind: 'pattern', isAdding: true },
  PUNSUBSCRIBE: { kind: 'pattern', isAdding: false },
  SSUBSCRIBE: { kind: 'shard', isAdding: true },
  SUNSUBSCRIBE: { kind: 'shard', isAdding: false },
};

/** Names are bytes; latin1 keeps each of them. */
export function afterSubscription(
  subscriptions: Subscriptions,
  name: string,
  channels: readonly string[],
): Subscriptions {
  const command = commands[name];
  if (command === undefined) return subscriptions;
  const { kind, isAdding } = command;
  let names = !isAdding && channels.length === 0 ? none : subscriptions[kind];
  for (const channel of channels) names = isAdding ? names.with(channel, true) : names.without(channel);
  return { ...subscriptions, [kind]: names };
}

/** How many confirmations the server sends: one for each name, and one if there is nothing to unsubscribe from. */
export function confirmations(
  subscriptions: Subscriptions,
  name: string,
  channels: readonly string[],
): number {
  const command = commands[name];
  if (command === undefined || channels.length > 0) return Math.max(1, channels.length);
  return Math.max(1, subscriptions[command.kind].size);
}

/**
 * What a server pushed, or wrote among the replies to a subscriber that speaks RESP2.
 * `confirmation` carries the command's name in upper case and the channel, if there is one.
 */
export type Pushed =
  | { readonly type: 'message' }
  | { readonly type: 'confirmation'; readonly name: string; readonly channel: string | undefined }
  /** RESP2: the reply to something else. */
  | { readonly type: 'reply' };

/** A line of MONITOR: `+1339518083.107412 [0 127.0.0.1:60866] "keys" "*"`. */
const monitored = /^\+\d+\.\d+ \[/;

export function readPushed(bytes: Buffer): Pushed {
  const start = bytes.toString('latin1', 0, Math.min(bytes.length, 32));
  if (monitored.test(start)) return { type: 'message' };
  const match = /^[*>]\d+\r\n\$\d+\r\n([a-z]+)\r\n/.exec(start);
  const word = match?.[1];
  if (match === null || word === undefined) return { type: start.startsWith('>') ? 'message' : 'reply' };
  if (word.endsWith('subscribe')) {
    const at = match[0].length;
    const header = /^\$(\d+)\r\n/.exec(bytes.toString('latin1', at, at + 16));
    const from = at + (header?.[0].length ?? 0);
    const channel = header === null ? undefined : bytes.toString('latin1', from, from + Number(header[1]));
    return { type: 'confirmation', name: word.toUpperCase(), channel };
  }
  if (word === 'message' || word === 'pmessage' || word === 'smessage') return { type: 'message' };
  return { type: start.startsWith('>') ? 'message' : 'reply' };
}
