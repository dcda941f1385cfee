import { ConfigError } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { createClient, createClusterClient } from './create-client.ts';
import { FailoverCluster } from './failover-cluster.ts';

const issuesOf = (act: () => unknown): readonly string[] => {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map(({ field, fix }) => `${field}: ${fix}`);
    throw error;
  }
  return [];
};

describe('a client of a Redis Cluster', () => {
  it('is another one than that of a single primary, and each says so', () => {
    expect(issuesOf(() => createClient({ cluster: ['a'] }))).toEqual([
      'cluster: call createClusterClient: its commands go to the shards of their keys',
    ]);
    expect(issuesOf(() => createClusterClient({ servers: ['a'] }))).toEqual([
      'cluster: list nodes of the Redis Cluster, or call createClient',
    ]);
  });

  it('refuses options that would break a guarantee, also those of its nodes, and tells no secret', () => {
    const options = { shardedSubscribers: true, redisOptions: { password: 'hidden', host: 'a' } } as object;
    const act = () => createClusterClient({ cluster: ['a'] }, { ioredis: options });
    expect(issuesOf(act).map((issue) => issue.split(':')[0])).toEqual([
      'ioredis.shardedSubscribers',
      'ioredis.redisOptions.host',
      'ioredis.redisOptions.password',
    ]);
    expect(act).not.toThrow(/hidden/);
  });

  it('knows no database but 0', () => {
    expect(issuesOf(() => createClusterClient({ cluster: ['a'], db: 1 }))[0]).toMatch(/^db: /);
  });

  it('puts its subscriber in the place of that of ioredis, and so do its duplicates', () => {
    const cluster = new FailoverCluster([{ host: 'a', port: 1 }], { lazyConnect: true });
    const parts = (each: object) => Object.keys((each as { subscriber: object }).subscriber).sort();
    expect(parts(cluster)).toEqual(['getInstance', 'isStarted', 'start', 'stop']);
    const copy = cluster.duplicate();
    expect(copy).toBeInstanceOf(FailoverCluster);
    expect(parts(copy)).toEqual(parts(cluster));
  });

  it('closes between two attempts to find a node', async () => {
    const client = createClusterClient({ cluster: ['127.0.0.1:1'], holdMs: 1 });
    client.cluster.on('error', () => undefined);
    await new Promise((resolve) => client.cluster.once('reconnecting', resolve));
    const waiting = client.cluster.get('a').then(
      () => 'answered',
      () => 'rejected',
    );
    await client.close();
    expect([await waiting, client.cluster.status]).toEqual(['rejected', 'end']);
  });

  it('closes before any node was found, and leaves nothing that waits', async () => {
    const client = createClusterClient({ cluster: ['127.0.0.1:1'], holdMs: 60_000 });
    client.cluster.on('error', () => undefined);
    const waiting = client.cluster.get('a').then(
      () => 'answered',
      () => 'rejected',
    );
    await client.close();
    expect(await waiting).toBe('rejected');
    expect(client.cluster.status).toBe('end');
  });
});
