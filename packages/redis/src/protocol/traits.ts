/**
 * Which way a command goes.
 * - `shared`: one of many on a connection that clients share. A checked list: never blocks, leaves no state behind
 *   on its connection, and its reply is its own.
 * - `pinOnce`: on a connection of the client's own, but leaves no state there.
 * - `transaction`, `subscription`: leaves state on the connection until it is taken back.
 * - `pinForever`: what it leaves behind is not known to us.
 * - `session`: about the client's connection itself; answered here.
 * - `refused`: would harm every other client of the server.
 */
export type CommandRoute =
  'shared' | 'pinOnce' | 'transaction' | 'subscription' | 'pinForever' | 'session' | 'refused';

export interface CommandTraits {
  /** In upper case. */
  readonly name: string;
  readonly route: CommandRoute;
  /** A change of data, or anything else that somebody sees: a message published, a script run. */
  readonly isWrite: boolean;
  /** Twice equals once, whatever other clients did in between: reads, and subscriptions. */
  readonly isIdempotent: boolean;
  /** May wait at the server for as long as the client says. */
  readonly isBlocking: boolean;
}

interface Group {
  readonly route: CommandRoute;
  readonly isWrite?: true;
  readonly isIdempotent?: true;
  readonly isBlocking?: true;
  readonly names: string;
}

const groups: readonly Group[] = [
  {
    route: 'shared',
    isIdempotent: true,
    names: `ping echo get mget strlen substr getrange getbit exists ttl pttl expiretime pexpiretime type touch dump
      randomkey dbsize bitcount bitpos bitfield_ro pfcount time
      hexists hget hgetall hkeys hlen hmget hrandfield hscan hstrlen hvals httl hpttl hexpiretime hpexpiretime
      lindex llen lpos lrange scard sdiff sinter sintercard sismember smembers smismember srandmember sscan sunion
      zcard zcount zdiff zinter zintercard zlexcount zmscore zrandmember zrange zrangebylex zrangebyscore zrank
      zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion
      geodist geohash geopos geosearch georadius_ro georadiusbymember_ro
      xlen xpending xrange xrevrange scan`,
  },
  {
    route: 'shared',
    isWrite: true,
    names: `set setnx setex psetex mset msetnx append setrange setbit getset getdel getex incr decr incrby decrby
      incrbyfloat bitfield bitop del unlink expire pexpire expireat pexpireat persist rename renamenx copy move
      restore pfadd pfmerge publish spublish delifeq
      hset hsetnx hmset hdel hincrby hincrbyfloat hexpire hpexpire hexpireat hpexpireat hpersist hgetdel hgetex hsetex
      lpush lpushx rpush rpushx lpop rpop lset linsert lrem ltrim lmove lmpop rpoplpush
      sadd srem spop smove sdiffstore sinterstore sunionstore
      zadd zincrby zrem zpopmin zpopmax zmpop zremrangebylex zremrangebyrank zremrangebyscore zrangestore zdiffstore
      zinterstore zunionstore geoadd georadius georadiusbymember geosearchstore
      xadd xack xackdel xdel xdelex xtrim xclaim xautoclaim xsetid`,
  },
  {
    route: 'pinOnce',
    isIdempotent: true,
    names: `keys lcs sort_ro eval_ro evalsha_ro fcall_ro memory object info lastsave command pubsub xinfo role lolwut
      readonly readwrite`,
  },
  { route: 'pinOnce', isIdempotent: true, isBlocking: true, names: 'xread' },
  {
    route: 'pinOnce',
    isWrite: true,
    names: `eval evalsha fcall function script sort flushall flushdb swapdb migrate xgroup restore-asking config acl
      save bgsave bgrewriteaof latency slowlog cluster asking`,
  },
  {
    route: 'pinOnce',
    isWrite: true,
    isBlocking: true,
    names: 'blpop brpop brpoplpush blmove blmpop bzpopmin bzpopmax bzmpop xreadgroup',
  },
  { route: 'transaction', names: 'multi discard watch unwatch' },
  { route: 'transaction', isWrite: true, names: 'exec' },
  {
    route: 'subscription',
    isIdempotent: true,
    names: 'subscribe unsubscribe psubscribe punsubscribe ssubscribe sunsubscribe',
  },
  { route: 'pinForever', isIdempotent: true, isBlocking: true, names: 'wait waitaof' },
  { route: 'session', names: 'auth hello select client quit reset' },
  {
    route: 'refused',
    names: 'shutdown debug failover replicaof slaveof replconf sync psync monitor module pfdebug pfselftest',
  },
];

/** A command that nobody told us about: it may do anything, so it gets a connection of its own from then on. */
const unknownCommand: CommandTraits = {
  name: '',
  route: 'pinForever',
  isWrite: true,
  isIdempotent: false,
  isBlocking: true,
};

/** By index; 0 is every command that is not known. */
export const commandTraits: readonly CommandTraits[] = [
  unknownCommand,
  ...groups.flatMap((group) =>
    group.names.split(/\s+/).map((name) => ({
      name: name.toUpperCase(),
      route: group.route,
      isWrite: group.isWrite ?? false,
      isIdempotent: group.isIdempotent ?? false,
      isBlocking: group.isBlocking ?? false,
    })),
  ),
];

export function traitsAt(index: number): CommandTraits {
  return commandTraits[index] ?? unknownCommand;
}

export const sharedBit = 1;
export const writeBit = 2;

/** `sharedBit` and `writeBit` of each command, by index: what the hot path needs to know. */
export const commandBits: Uint8Array = Uint8Array.from(
  commandTraits,
  (traits) => (traits.route === 'shared' ? sharedBit : 0) | (traits.isWrite ? writeBit : 0),
);

// Names are compared with bit 5 set, which folds the case of letters. Open addressing, so that a name costs its
// own bytes twice: once for the hash, once to be sure that it is the one.
const slotCount = 1024;
const longestName = 20;
const slots = new Uint16Array(slotCount);
const names = new Uint8Array(commandTraits.length * longestName);
const lengths = new Uint8Array(commandTraits.length);

commandTraits.forEach(({ name }, index) => {
  if (index === 0) return;
  const bytes = Buffer.from(name);
  let hash = bytes.length;
  for (const [at, byte] of bytes.entries()) {
    names[index * longestName + at] = byte | 32;
    hash = (Math.imul(hash, 31) + (byte | 32)) | 0;
  }
  lengths[index] = bytes.length;
  let slot = hash & (slotCount - 1);
  while (slots[slot] !== 0) slot = (slot + 1) & (slotCount - 1);
  slots[slot] = index;
});

/** The index of the command whose name stands there, in any case; 0 if it is not known. */
export function commandIndex(bytes: Uint8Array, start: number, length: number): number {
  if (length > longestName) return 0;
  let hash = length;
  const end = start + length;
  for (let at = start; at < end; at += 1) hash = (Math.imul(hash, 31) + ((bytes[at] as number) | 32)) | 0;
  for (let slot = hash & (slotCount - 1); ; slot = (slot + 1) & (slotCount - 1)) {
    const index = slots[slot] as number;
    if (index === 0) return 0;
    if (lengths[index] !== length) continue;
    let at = 0;
    const base = index * longestName;
    while (at < length && names[base + at] === ((bytes[start + at] as number) | 32)) at += 1;
    if (at === length) return index;
  }
}
