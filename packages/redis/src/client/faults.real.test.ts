import { setTimeout as pause } from 'node:timers/promises';
import type { EndpointId } from '@failover/core';
import { isOutcomeUnknown, NotSentError, portOf, targetId } from '@failover/core';
import type { FaultProxy, NetworkFault } from '@failover/testing';
import { startFaultProxy } from '@failover/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisTestbed } from '../testing/index.ts';
import { launchCluster } from '../testing/index.ts';
import { createClient } from './create-client.ts';

let bed: RedisTestbed;
let proxies: Map<EndpointId, FaultProxy>;

beforeAll(async () => {
  // They see the primary all the time, and a busy machine is no reason to choose another.
  bed = await launchCluster({ downAfterMs: 30_000 });
  proxies = new Map();
  for (const server of bed.servers)
    proxies.set(server, await startFaultProxy({ target: { port: portOf(server) } }));
});

afterAll(async () => {
  await bed[Symbol.asyncDispose]();
  for (const proxy of proxies.values()) await proxy[Symbol.asyncDispose]();
});

/** ms that a fault lasts: longer than all that is suspected by, shorter than the hold. */
const faultMs = 2000;

/** Writes unique values through a fault on the way to the primary, which its Sentinels see all the time. */
async function writeThrough(fault: NetworkFault) {
  const primary = await bed.primary();
  const proxy = primary === undefined ? undefined : proxies.get(primary);
  if (primary === undefined || proxy === undefined) throw new Error('the testbed has no primary');
  const addresses = Object.fromEntries([...proxies].map(([server, { endpoint }]) => [server, endpoint]));
  await using client = createClient({ ...bed.config, addresses, downAfterMs: 1000, holdMs: 60_000 });
  client.redis.on('error', () => undefined);
  const list = `values:${fault.type}:${Math.random()}`;
  const acknowledged: string[] = [];
  const unknown: string[] = [];
  const notSent: string[] = [];
  const others: unknown[] = [];
  let isStopped = false;
  const write = async (): Promise<void> => {
    for (let at = 0; !isStopped; at += 1) {
      const value = `v${at}`;
      try {
        await client.redis.rpush(list, value);
        acknowledged.push(value);
      } catch (error) {
        if (isOutcomeUnknown(error)) unknown.push(value);
        else if (error instanceof NotSentError) notSent.push(value);
        else others.push(error);
      }
      // Slower than a storm, faster than any fault.
      await pause(1);
    }
  };
  const done = write();
  while (acknowledged.length < 100) await pause(5);
  const heal = await proxy.inject(fault);
  await pause(faultMs);
  await heal();
  const healedAt = performance.now();
  const atHeal = acknowledged.length;
  while (acknowledged.length < atHeal + 50 && performance.now() - healedAt < 30_000) await pause(5);
  const backAfterMs = performance.now() - healedAt;
  isStopped = true;
  await done;
  const stored = await client.redis.lrange(list, 0, -1);
  const claimed = client.topology.targets.get(targetId(bed.name, 'primary'))?.claim;
  return {
    backAfterMs,
    doubled: stored.length - new Set(stored).size,
    lost: acknowledged.filter((value) => !stored.includes(value)),
    ranUnsent: notSent.filter((value) => stored.includes(value)),
    unknown,
    others,
    isSteadyOn: claimed !== undefined && 'server' in claimed ? claimed.server : undefined,
    proxied: proxy.endpoint,
  };
}

describe('a fault between us and a primary that its Sentinels see', () => {
  it.each<NetworkFault>([
    { type: 'refused' },
    { type: 'reset' },
    { type: 'blackHole' },
    { type: 'blackHole', direction: 'toServer' },
    { type: 'blackHole', direction: 'toClient' },
    { type: 'slow', latencyMs: 150 },
    { type: 'halfOpen' },
    { type: 'flapping', upMs: 300, downMs: 200 },
    { type: 'cutAfter', direction: 'toClient', bytes: 61 },
  ])(
    '[3] of kind %j moves no write to a replica, doubles none, and is over when it is over',
    async (fault) => {
      const found = await writeThrough(fault);
      expect(found).toMatchObject({ doubled: 0, lost: [], ranUnsent: [], others: [] });
      expect(found.isSteadyOn).toBe(found.proxied);
      // Within a second on a quiet machine; who waits for the end of the hold waits for a minute.
      expect(found.backAfterMs).toBeLessThan(10_000);
      // One caller, so one in flight whenever the way was cut.
      expect(found.unknown.length).toBeLessThanOrEqual(fault.type === 'flapping' ? 8 : 2);
    },
  );
});
