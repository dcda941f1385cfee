import type { EndpointId } from '@failover/core';
import type { TlsFront } from '@failover/testing';
import { localhostCertificate, localhostKey, startTlsFront } from '@failover/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import { createClient } from './create-client.ts';

let bed: EmbeddedTestbed;
let fronts: Map<EndpointId, TlsFront>;

async function front(members: readonly EndpointId[], mutual = false): Promise<void> {
  for (const member of members) fronts.set(member, await startTlsFront(member, { mutual }));
}

/** What members call each other → where TLS is spoken for them. */
const addresses = (): Record<string, string> =>
  Object.fromEntries([...fronts].map(([member, { endpoint }]) => [member, endpoint]));
const reached = (member: EndpointId): EndpointId => fronts.get(member)?.endpoint ?? member;

beforeEach(async () => {
  bed = await launchEmbedded({ servers: 2, downAfterMs: 300 });
  await bed.settled();
  fronts = new Map();
});

afterEach(async () => {
  await bed[Symbol.asyncDispose]();
  for (const each of fronts.values()) await each[Symbol.asyncDispose]();
});

describe('TLS, and addresses that are not what members call each other', () => {
  it.each([
    ['the servers alone', true, false],
    ['the Sentinels alone', false, true],
    ['both', true, true],
  ])('[30] [31] to %s, over a failover', async (_, toServers, toSentinels) => {
    if (toServers) await front(bed.servers);
    if (toSentinels) await front(bed.sentinels);
    const trusted = { ca: localhostCertificate };
    await using client = createClient({
      name: bed.name,
      sentinels: bed.sentinels.map(reached),
      addresses: addresses(),
      tls: toServers && trusted,
      sentinelTls: toSentinels && trusted,
      downAfterMs: 300,
    });
    await client.redis.set('a', '1');
    const primary = await bed.primary();
    if (primary === undefined) throw new Error('no primary');
    bed.kill(primary);
    // A read may go twice, so that it waits for the successor, whatever became of the connection.
    expect(await client.redis.get('a')).toBe('1');
    await client.redis.set('a', '2');
    expect(await client.redis.get('a')).toBe('2');
    const successor = await bed.primary();
    expect(successor).not.toBe(primary);
  });

  it('shows its own certificate where servers ask for one', async () => {
    await front(bed.servers, true);
    const tls = { ca: localhostCertificate, cert: localhostCertificate, key: localhostKey };
    const options = { name: bed.name, sentinels: bed.sentinels, addresses: addresses(), holdMs: 1000 };
    await using unknown = createClient({ ...options, tls: { ca: localhostCertificate } });
    unknown.redis.on('error', () => undefined);
    await expect(unknown.redis.get('a')).rejects.toThrow();
    await using known = createClient({ ...options, tls });
    expect(await known.redis.get('a')).toBeNull();
  });

  it('trusts nobody that it was not told to trust', async () => {
    await front(bed.servers);
    await using client = createClient({
      ...{ name: bed.name, sentinels: bed.sentinels, addresses: addresses(), tls: true, holdMs: 1000 },
    });
    client.redis.on('error', () => undefined);
    await expect(client.redis.get('a')).rejects.toThrow();
  });
});
