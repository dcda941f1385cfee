import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { redisConfig } from './config.ts';

const sentinels = ['127.0.0.1:26379'];

function issuesOf(
  input: unknown,
): readonly { field: string; value: unknown; problem: string; fix: string }[] {
  try {
    redisConfig.parse(input);
  } catch (cause) {
    if (cause instanceof ConfigError) return cause.issues;
    throw cause;
  }
  return [];
}

describe('the config of Redis', () => {
  it('needs the Sentinels and a name, and fills in the rest', () => {
    expect(redisConfig.parse({ name: 'mymaster', sentinels: ['10.0.0.1', { host: '::1' }] })).toEqual({
      name: 'mymaster',
      sentinels: [
        { type: 'address', endpoint: '10.0.0.1:26379' },
        { type: 'address', endpoint: '[::1]:26379' },
      ],
      servers: [],
      cluster: [],
      db: 0,
      promotion: 'selected',
      onMinority: 'allow',
      holdMs: 40_000,
      staleReplicaMs: 10_000,
      replicaPreference: 'nearest',
      replicaFallback: 'primary',
      waitTimeoutMs: 200,
      sharedCommands: [],
      addresses: new Map(),
      connectTimeoutMs: 1000,
    });
  });

  it('takes plain replication without a name', () => {
    expect(redisConfig.parse({ servers: ['10.0.0.1'] })).toMatchObject({
      name: 'redis',
      servers: [{ type: 'address', endpoint: '10.0.0.1:6379' }],
    });
  });

  it('holds for down-after and ten seconds more, at most a minute', () => {
    expect(redisConfig.parse({ name: 'm', sentinels, downAfterMs: 1000 }).holdMs).toBe(11_000);
    expect(redisConfig.parse({ name: 'm', sentinels, downAfterMs: 90_000 }).holdMs).toBe(60_000);
    expect(redisConfig.parse({ name: 'm', sentinels, downAfterMs: 1000, holdMs: 5 }).holdMs).toBe(5);
  });

  it.each<[string, unknown, string]>([
    ['no address at all', {}, 'sentinels'],
    ['both kinds of address', { name: 'm', sentinels, servers: ['a:1'] }, 'servers'],
    ['Sentinels without a name', { sentinels }, 'name'],
    ['a name with spaces', { name: 'my master', sentinels }, 'name'],
    ['an address that is none', { name: 'm', sentinels: ['127.0.0.1:26379', 'a b'] }, 'sentinels.1'],
    ['an address of another type', { name: 'm', sentinels: [7] }, 'sentinels.0'],
    ['a port that is none', { name: 'm', sentinels: [{ host: 'a', port: 70_000 }] }, 'sentinels.0.port'],
    ['a key that is not known', { name: 'm', sentinels, passwd: 'x' }, 'passwd'],
    ['a choice that is none', { name: 'm', sentinels, promotion: 'now' }, 'promotion'],
    ['a time below the least', { name: 'm', sentinels, holdMs: 0 }, 'holdMs'],
    ['a user without a password', { name: 'm', sentinels, username: 'app' }, 'username'],
    ['two passwords', { name: 'm', sentinels, password: 'x', passwordFile: '/x' }, 'passwordFile'],
    [
      'a password file that is not there',
      { name: 'm', sentinels, passwordFile: '/not/there' },
      'passwordFile',
    ],
    ['something that is no object', 'redis', ''],
  ])('refuses %s and says what to write instead', (_title, input, field) => {
    const [issue] = issuesOf(input);
    expect(issue).toMatchObject({ field });
    expect(issue?.problem).not.toBe('');
    expect(issue?.fix).not.toBe('');
  });

  it('names every problem at once', () => {
    expect(issuesOf({ sentinels: ['x y'], username: 'app' }).map((issue) => issue.field)).toEqual([
      'name',
      'username',
      'sentinels.0',
    ]);
  });

  it('repeats no secret in an error', () => {
    const issues = [
      ...issuesOf({ name: 'm', sentinels, password: 12_345 }),
      ...issuesOf({ name: 'm', sentinels: ['redis://user:12345@host'], password: '12345' }),
      ...issuesOf({ name: 'm', sentinels, sentinelPasword: '12345' }).filter(
        (issue) => issue.field !== 'sentinelPasword',
      ),
    ];
    expect(issues).not.toHaveLength(0);
    expect(JSON.stringify(issues)).not.toContain('12345');
  });

  it('has TLS to the servers and to the Sentinels apart, with files or without', () => {
    const options = { name: 'mymaster', sentinels: ['a'] };
    const { tls, sentinelTls } = redisConfig.parse({
      ...options,
      tls: true,
      sentinelTls: { ca: 'PEM', servername: 'sentinel.example' },
    });
    expect(tls).toEqual({ rejectUnauthorized: true });
    expect(sentinelTls).toEqual({ rejectUnauthorized: true, ca: 'PEM', servername: 'sentinel.example' });
    expect(redisConfig.parse(options)).not.toHaveProperty('tls');
    expect(() => redisConfig.parse({ ...options, tls: { caFile: '/nowhere.pem' } })).toThrow(
      /tls\.caFile.*cannot be read/s,
    );
    expect(() => redisConfig.parse({ ...options, tls: { cert: 'PEM' } })).toThrow(/without its key/);
  });

  it('maps addresses, and names the one that is none', () => {
    const options = { name: 'mymaster', sentinels: ['a'] };
    const { addresses } = redisConfig.parse({ ...options, addresses: { '10.0.0.1:6379': 'localhost:7001' } });
    expect([...addresses]).toEqual([['10.0.0.1:6379', 'localhost:7001']]);
    expect(() => redisConfig.parse({ ...options, addresses: { '10.0.0.1:6379': 'a:99999' } })).toThrow(
      /addresses\.10\.0\.0\.1:6379/,
    );
    expect(() => redisConfig.parse({ ...options, addresses: { '10.0.0.1': 'a' } })).toThrow(/addresses/);
  });

  it('reads the password from the first line of a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'failover-config-'));
    const file = join(folder, 'password');
    writeFileSync(file, 'secret\nmore\n');
    expect(redisConfig.parse({ name: 'm', sentinels, passwordFile: file }).password).toBe('secret');
    rmSync(folder, { recursive: true });
  });

  it('takes the nodes of a Redis Cluster, and nothing beside them', () => {
    expect(redisConfig.parse({ cluster: ['10.0.0.1', 'b:7000'] })).toMatchObject({
      name: 'redis',
      sentinels: [],
      servers: [],
      cluster: [
        { type: 'address', endpoint: '10.0.0.1:6379' },
        { type: 'address', endpoint: 'b:7000' },
      ],
    });
    expect(() => redisConfig.parse({ cluster: ['a'], servers: ['b'] })).toThrow(
      /cluster: cannot stand beside/,
    );
    expect(() => redisConfig.parse({ cluster: ['a'], sentinels, name: 'm' })).toThrow(/cluster/);
    expect(() => redisConfig.parse({ cluster: [] })).toThrow(/cluster/);
  });

  it('has no databases in a Redis Cluster', () => {
    expect(() => redisConfig.parse({ cluster: ['a'], db: 1 })).toThrow(/db: is not 0/);
  });

  it('has a schema for editors', () => {
    expect(redisConfig.schema).toMatchObject({ type: 'object', additionalProperties: false });
  });
});
