import type { EndpointId } from '@failover/core';
import type { TlsFront } from '@failover/testing';
import { localhostCertificate, localhostKey, startTlsFront } from '@failover/testing';
import { describe, expect, it } from 'vitest';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import { createClient } from './create-client.ts';

/** Doubles of two servers and their Sentinels, some of them behind TLS. */
interface Secured extends AsyncDisposable {
  readonly bed: EmbeddedTestbed;
  /** What members call each other → where TLS is spoken for them. */
  readonly addresses: Readonly<Record<string, string>>;
  reached(member: EndpointId): EndpointId;
}

async function secured(
  behindTls: (bed: EmbeddedTestbed) => readonly EndpointId[],
  mutual = false,
): Promise<Secured> {
  const bed = await launchEmbedded({ servers: 2, downAfterMs: 3000 });
  await bed.settled();
  const fronts = new Map<EndpointId, TlsFront>();
  for (const member of behindTls(bed)) fronts.set(member, await startTlsFront(member, { mutual }));
  return {
    bed,
    addresses: Object.fromEntries([...fronts].map(([member, { endpoint }]) => [member, endpoint])),
    reached: (member) => fronts.get(member)?.endpoint ?? member,
    async [Symbol.asyncDispose]() {
      await bed[Symbol.asyncDispose]();
      for (const each of fronts.values()) await each[Symbol.asyncDispose]();
    },
  };
}

// They wait most of the time, for elections: each has servers of its own, and all wait at once.
describe.concurrent('TLS, and addresses that are not what members call each other', () => {
  it.each([
    ['the servers alone', true, false],
    ['the Sentinels alone', false, true],
    ['both', true, true],
  ])('[30] [31] to %s, over a failover', async (_, toServers, toSentinels) => {
    await using side = await secured(({ servers, sentinels }) => [
      ...(toServers ? servers : []),
      ...(toSentinels ? sentinels : []),
    ]);
    const { bed } = side;
    const trusted = { ca: localhostCertificate };
    await using client = createClient({
      name: bed.name,
      sentinels: bed.sentinels.map(side.reached),
      addresses: side.addresses,
      tls: toServers && trusted,
      sentinelTls: toSentinels && trusted,
      downAfterMs: 3000,
      holdMs: 60_000,
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

  it.each([
    ['servers', 'tls'],
    ['Sentinels', 'sentinelTls'],
  ] as const)('[30] shows its own certificate where %s ask for one', async (_, asked) => {
    await using side = await secured(({ servers, sentinels }) => [...servers, ...sentinels], true);
    const { bed, addresses } = side;
    const known = { ca: localhostCertificate, cert: localhostCertificate, key: localhostKey };
    const options = {
      ...{ name: bed.name, sentinels: bed.sentinels.map(side.reached), addresses },
      ...{ tls: known, sentinelTls: known },
    };
    await using stranger = createClient({
      ...options,
      [asked]: { ca: localhostCertificate },
      holdMs: 1000,
    });
    stranger.redis.on('error', () => undefined);
    await expect(stranger.redis.get('a')).rejects.toThrow();
    await using client = createClient(options);
    expect(await client.redis.get('a')).toBeNull();
  });

  it('trusts nobody that it was not told to trust', async () => {
    await using side = await secured(({ servers }) => servers);
    const { bed, addresses } = side;
    await using client = createClient({
      ...{ name: bed.name, sentinels: bed.sentinels, addresses, tls: true, holdMs: 1000 },
    });
    client.redis.on('error', () => undefined);
    await expect(client.redis.get('a')).rejects.toThrow();
  });
});
