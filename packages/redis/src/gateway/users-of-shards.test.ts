import type { Cluster, Runtime, TargetDescription } from '@failover/core';
import { emptyTopology, endpoint, systemRuntime, targetId } from '@failover/core';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { classify } from '../classify.ts';
import { redisConfig } from '../config.ts';
import { keySlot, slotCount } from '../protocol/key-slot.ts';
import { openGateway } from './open-gateway.ts';
import { bulk, command, until } from './test-kit/bench-top.ts';
import { duplexPair } from './test-kit/duplex-pair.ts';
import { handMadeCluster } from './test-kit/hand-made-cluster.ts';
import { scriptedServer } from './test-kit/scripted-server.ts';

const half = slotCount / 2;
/** One in each half of the slots. */
const [low, high] = ['b', 'a'] as const;
const noAuth = '-NOAUTH Authentication required.\r\n';

/** A gateway with users over a Redis Cluster of two shards, which are one server here. */
function openShards() {
  const server = scriptedServer((args) => (args[0] === 'GET' ? bulk(String(args[1])) : '+OK\r\n'));
  const runtime: Runtime = {
    ...systemRuntime(),
    connect() {
      const [near, far] = duplexPair();
      setImmediate(() => near.emit('connect'));
      server.accept(far);
      return near;
    },
  };
  const at = endpoint('127.0.0.1:7001');
  const leased = handMadeCluster(targetId('one', 'primary'), runtime);
  leased.grant(at);
  const target = (shard: string, from: number, to: number): TargetDescription => ({
    id: targetId(shard, 'primary'),
    shard,
    role: 'primary',
    state: 'steady',
    since: 0,
    claim: { type: 'none' },
    fence: 1,
    ranges: [[from, to]],
  });
  const targets = [target('one', 0, half - 1), target('two', half, slotCount - 1)];
  const topology = {
    ...emptyTopology('redis'),
    targets: new Map(targets.map((each) => [each.id, each] as const)),
  };
  const cluster = Object.assign(leased, { topology$: of(topology) }) as Cluster;
  const clients = [{ password: 'letmein' }, { username: 'app', password: 'hunter2' }];
  const gateway = openGateway({ classify }, cluster, redisConfig.parse({ cluster: [at], clients }), runtime);
  const [near, far] = duplexPair();
  const drain = new AbortController();
  const reachedAt = endpoint('127.0.0.1:6379');
  void gateway.serve(far, { role: 'primary', address: '127.0.0.1:1', reachedAt, drain: drain.signal });
  let text = '';
  near.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return {
    server,
    send: (...lines: readonly string[]) =>
      void near.write(lines.map((line) => command(...line.split(' '))).join('')),
    hears: async (expected: string) => {
      await until(() => text.length >= expected.length);
      expect(text).toBe(expected);
      text = '';
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

describe('one port for a whole Redis Cluster, with users of its own', () => {
  it('lets a stranger reach no shard, and a client all of them', async () => {
    expect([keySlot(Buffer.from(low)) < half, keySlot(Buffer.from(high)) < half]).toEqual([true, false]);
    await using shards = openShards();
    shards.send(`GET ${low}`, `GET ${high}`, `MGET ${low} ${high}`, 'KEYS *', 'SUBSCRIBE a');
    await shards.hears(noAuth.repeat(5));
    expect(shards.server.connections).toHaveLength(0);
    shards.send('AUTH letmein', `GET ${low}`, `GET ${high}`, 'RESET', `GET ${low}`, `GET ${high}`);
    await shards.hears(`+OK\r\n${bulk(low)}${bulk(high)}+RESET\r\n${noAuth}${noAuth}`);
  });

  it('knows a client also at the shards that it comes to later, whatever it set up first', async () => {
    await using shards = openShards();
    shards.send('AUTH letmein', 'CLIENT SETNAME me', 'AUTH app hunter2', 'AUTH app hunter3', `GET ${low}`);
    const wrong = '-WRONGPASS invalid username-password pair or user is disabled.\r\n';
    await shards.hears(`${'+OK\r\n'.repeat(3)}${wrong}${bulk(low)}`);
    shards.send(`GET ${high}`);
    await shards.hears(bulk(high));
  });

  it('shows a stranger of itself no more than the address that it asked at', async () => {
    await using shards = openShards();
    shards.send('CLUSTER KEYSLOT a', 'CLUSTER COUNTKEYSINSLOT 1');
    await shards.hears(`:${keySlot(Buffer.from('a'))}\r\n${noAuth}`);
  });
});
