import { ConfigError } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { createClient } from './create-client.ts';

const config = { servers: ['127.0.0.1:1'] };
const issues = (ioredis: object): readonly { field: string; value: unknown; fix: string }[] => {
  try {
    createClient(config, { ioredis: { lazyConnect: true, ...ioredis } });
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
  return [];
};

describe('options of ioredis', () => {
  it.each([
    { host: 'a' },
    { port: 1 },
    { sentinels: [] },
    { tls: {} },
    { password: 'hunter2' },
    { db: 3 },
    { Connector: class {} },
    { autoResendUnfulfilledCommands: true },
    { maxRetriesPerRequest: 3 },
    { retryStrategy: () => 1 },
    { enableReadyCheck: true },
    { socketTimeout: 100 },
    { connectTimeout: 100 },
  ])('that would break a guarantee are refused with a way out: %o', (option) => {
    const [issue, ...others] = issues(option);
    expect(others).toEqual([]);
    expect(issue?.field).toBe(`ioredis.${Object.keys(option)[0]}`);
    expect(issue?.fix).not.toBe('');
    expect(JSON.stringify(issue)).not.toContain('hunter2');
  });

  it.each([
    [{ tls: {} }, '`tls`'],
    [{ sentinelTLS: {} }, '`sentinelTls`'],
    [{ enableTLSForSentinelMode: true }, '`sentinelTls`'],
    [{ natMap: {} }, '`addresses`'],
  ])('that are ours by another name say which: %o', (option, ours) => {
    expect(issues(option).map(({ fix }) => fix)).toEqual([expect.stringContaining(ours)]);
  });

  it('that are harmless are taken, and null where BullMQ asks for it', () => {
    expect(issues({ maxRetriesPerRequest: null, keyPrefix: 'a:', commandTimeout: 5, protocol: 2 })).toEqual(
      [],
    );
  });

  it('are all named at once', () => {
    expect(issues({ host: 'a', db: 1 }).map(({ field }) => field)).toEqual(['ioredis.host', 'ioredis.db']);
  });

  it('of a duplicate are made right without a word', async () => {
    const client = createClient(config, { ioredis: { lazyConnect: true } });
    const other = client.redis.duplicate({ maxRetriesPerRequest: null, autoResendUnfulfilledCommands: true });
    expect(other.options).toMatchObject({ maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false });
    await client.close();
  });
});
