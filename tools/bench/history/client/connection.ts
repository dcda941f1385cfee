import type { Cluster, Redis } from 'ioredis';
import type { ChannelKind } from '../keys.ts';

/** What a compare-and-set came to: what it wrote, or would have, and whether the watched key had not changed. */
export interface Update {
  readonly value: number;
  readonly isSet: boolean;
}

/** What the load asks of one connection of an application. */
export interface Connection {
  append(key: string, value: string): Promise<unknown>;
  increment(key: string): Promise<unknown>;
  count(key: string): Promise<number>;
  read(key: string): Promise<readonly string[]>;
  /** Resolves with how many heard it. */
  publish(kind: ChannelKind, channel: string, message: string): Promise<number>;
  /** `null` if there is nothing for so many seconds; 0 waits for ever. */
  pop(key: string, timeoutSeconds: number): Promise<string | null>;
  move(from: string, into: string, timeoutSeconds: number): Promise<string | null>;
  appendTogether(keys: readonly string[], value: string): Promise<unknown>;
  readTogether(keys: readonly string[]): Promise<readonly (readonly string[])[]>;
  addOne(key: string): Promise<Update>;
  /** Resolves when it is subscribed. */
  subscribe(kind: ChannelKind, channel: string, onMessage: (message: string) => void): Promise<void>;
}

/** A transaction that never began: nothing of it was written. */
export class NotBegunError extends Error {
  readonly code = 'not-sent';

  constructor(cause: unknown) {
    super(`not begun: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A worker's view of an ioredis, whoever made it. */
export function connectionOver(redis: Redis | Cluster): Connection {
  // Without a listener every lost connection is printed.
  redis.on('error', () => undefined);
  return {
    append: (key, value) => redis.rpush(key, value),
    increment: (key) => redis.incr(key),
    count: async (key) => Number((await redis.get(key)) ?? 0),
    read: (key) => redis.lrange(key, 0, -1),
    publish: async (kind, channel, message) =>
      Number(
        kind === 'sharded' ? await redis.spublish(channel, message) : await redis.publish(channel, message),
      ),
    pop: async (key, timeoutSeconds) => (await redis.blpop(key, timeoutSeconds))?.[1] ?? null,
    move: (from, into, timeoutSeconds) => redis.blmove(from, into, 'LEFT', 'RIGHT', timeoutSeconds),
    async appendTogether(keys, value) {
      const together = redis.multi();
      for (const key of keys) together.rpush(key, value);
      return repliesOf(await together.exec());
    },
    async readTogether(keys) {
      const together = redis.multi();
      for (const key of keys) together.lrange(key, 0, -1);
      return repliesOf(await together.exec()) as readonly (readonly string[])[];
    },
    async addOne(key) {
      const value = (await readWatched(redis, key)) + 1;
      const replies = await redis.multi().set(key, String(value)).exec();
      if (replies !== null) repliesOf(replies);
      return { value, isSet: replies !== null };
    },
    async subscribe(kind, channel, onMessage) {
      switch (kind) {
        case 'plain':
          redis.on('message', (_channel: string, message: string) => {
            onMessage(message);
          });
          await redis.subscribe(channel);
          return;
        case 'pattern':
          redis.on('pmessage', (_pattern: string, _channel: string, message: string) => {
            onMessage(message);
          });
          await redis.psubscribe(patternOf(channel));
          return;
        case 'sharded':
          redis.on('smessage', (_channel: string, message: string) => {
            onMessage(message);
          });
          await redis.ssubscribe(channel);
      }
    },
  };
}

/** Nothing is written before EXEC, so no failure until then leaves anything open. */
async function readWatched(redis: Redis | Cluster, key: string): Promise<number> {
  try {
    await redis.watch(key);
    return Number((await redis.get(key)) ?? 0);
  } catch (error) {
    throw new NotBegunError(error);
  }
}

/** @throws the first error among the replies of a transaction, or that it was not executed */
function repliesOf(
  replies: readonly (readonly [error: Error | null, reply: unknown])[] | null,
): readonly unknown[] {
  if (replies === null) throw new Error('no watch, and yet told that something had changed');
  return replies.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}

const patternOf = (channel: string): string => `${channel.slice(0, -1)}?`;
