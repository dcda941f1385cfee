import type { ServerCommand } from './server-command.ts';
import type { CommandRoute } from './traits.ts';

/** Where the flags of a server do not say what a relay must know, or say it of something else. */
export interface Decision {
  /** In lower case, separated by white space or commas; of subcommands as `xgroup create`, with commas. */
  readonly names: string;
  readonly route?: CommandRoute;
  readonly isWrite?: boolean;
  readonly isIdempotent?: boolean;
  readonly isBlocking?: boolean;
}

/** In order: a later one has the word. */
export const decisions: readonly Decision[] = [
  // Of no connection, and no data: servers flag them neither as reads nor as writes.
  { names: 'ping, echo, time', route: 'shared', isIdempotent: true },
  // Seen by others like any write. The flag is that of subscriptions.
  { names: 'publish, spublish', route: 'shared', isWrite: true },
  // Reads and writes of every key, or of a script's own length: they shall not stand before everybody else's.
  {
    names: 'keys, sort, sort_ro, lcs, lolwut, migrate, restore-asking, swapdb, flushall, flushdb',
    route: 'pinOnce',
  },
  { names: 'clusterscan', route: 'pinOnce' },
  { names: 'scan, hscan, sscan, zscan', route: 'cursor' },
  { names: 'info, lastsave, role, command', route: 'pinOnce', isWrite: false, isIdempotent: true },
  { names: 'readonly, readwrite', route: 'pinOnce', isIdempotent: true },
  // What a script does nobody can see from here.
  { names: 'eval, evalsha, fcall', route: 'pinOnce', isWrite: true },
  { names: 'save, bgsave, bgrewriteaof, asking', route: 'pinOnce', isWrite: true },
  { names: 'subscribe, unsubscribe, psubscribe, punsubscribe, ssubscribe, sunsubscribe', isIdempotent: true },
  { names: 'multi, discard, watch, unwatch', route: 'transaction' },
  { names: 'exec', route: 'transaction', isWrite: true },
  // They are about all that the client wrote before, on whichever connection.
  { names: 'wait, waitaof', route: 'pinForever', isIdempotent: true },
  { names: 'auth, hello, select, client, quit, reset, sentinel', route: 'session' },
  { names: 'client tracking, client caching', route: 'tracking', isWrite: false, isIdempotent: true },
  { names: 'monitor', route: 'monitor', isWrite: false, isIdempotent: true },
  { names: 'client trackinginfo', route: 'pinOnce', isWrite: false, isIdempotent: true },
  {
    names: `shutdown, debug, failover, replicaof, slaveof, replconf, sync, psync, module, pfdebug,
      pfselftest`,
    route: 'refused',
    isWrite: false,
  },
  // Of a subcommand that says neither that it reads nor that it writes, we suppose the worst, unless it stands here.
  {
    names: `acl cat, acl dryrun, acl genpass, acl getuser, acl help, acl list, acl users, acl whoami,
      cluster countkeysinslot, cluster getkeysinslot, cluster help, cluster info, cluster keyslot, cluster links,
      cluster myid, cluster myshardid, cluster nodes, cluster replicas, cluster shards, cluster slaves,
      cluster slot-stats, cluster slots, cluster count-failure-reports, cluster getslotmigrations,
      command count, command docs, command getkeys, command getkeysandflags, command help, command info, command list,
      commandlog get, commandlog help, commandlog len, config get, config help,
      function dump, function help, function list, function stats,
      latency doctor, latency graph, latency help, latency histogram, latency history, latency latest,
      memory doctor, memory help, memory malloc-stats, memory stats, module help, module list, object help,
      pubsub channels, pubsub help, pubsub numpat, pubsub numsub, pubsub shardchannels, pubsub shardnumsub,
      script exists, script help, script show, slowlog get, slowlog help, slowlog len, xgroup help, xinfo help`,
    route: 'pinOnce',
    isWrite: false,
    isIdempotent: true,
  },
  // Named by what it holds: loaded twice it is there once, and a replica takes it too.
  { names: 'script load', isWrite: false, isIdempotent: true },
];

const firstKey = [{ begin: 1, find: { last: 0, step: 1, limit: 0 } }] as const;

/** Of servers that the generator could not ask, and of Sentinels, for clients that ask us for the master. */
export const laterCommands: readonly ServerCommand[] = [
  { name: 'sentinel', flags: [], keys: [] },
  // Redis 8.2
  { name: 'xackdel', flags: ['write'], keys: firstKey },
  { name: 'xdelex', flags: ['write'], keys: firstKey },
  // Redis 8.4
  { name: 'delex', flags: ['write'], keys: firstKey },
  { name: 'digest', flags: ['readonly'], keys: firstKey },
];
