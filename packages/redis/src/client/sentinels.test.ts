import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { EndpointId } from '@failover/core';
import { describe, expect, it, vi } from 'vitest';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import { seeMaster } from '../testing/inspect.ts';
import { createClient } from './create-client.ts';

/** ms; what should not happen has no end to await: three times what a Sentinel, or we, need to doubt a server. */
const goneMs = 3000;

async function launch(): Promise<EmbeddedTestbed> {
  const bed = await launchEmbedded();
  await bed.settled();
  return bed;
}

describe.concurrent('Sentinels that do not answer', () => {
  it.each([0, 1, 2])('[13] keep nobody waiting: the black-holed one is number %i of three', async (at) => {
    await using bed = await launch();
    const [hole] = bed.sentinels.slice(at);
    if (hole === undefined) throw new Error('no such Sentinel');
    bed.blackHole(hole);
    const startAt = performance.now();
    // Who waits for it waits for so long.
    await using client = createClient({ ...bed.config, downAfterMs: 20_000, connectTimeoutMs: 20_000 });
    await client.redis.ping();
    expect(performance.now() - startAt).toBeLessThan(5_000);
  });

  it('[9] may all be gone while the primary serves, and one that comes back is heard', async () => {
    await using bed = await launch();
    await using client = createClient({ ...bed.config, downAfterMs: 1000, holdMs: 60_000 });
    await client.redis.set('a', 1);
    for (const sentinel of bed.sentinels) bed.kill(sentinel);
    await pause(goneMs);
    expect(await client.redis.incr('a')).toBe(2);
    for (const sentinel of bed.sentinels) await bed.restart(sentinel);
    await bed.settled();
    const primary = await bed.primary();
    if (primary === undefined) throw new Error('no primary');
    bed.kill(primary);
    expect(await client.redis.get('a')).toBe('2');
    expect(await bed.primary()).not.toBe(primary);
  });
});

describe.concurrent('Sentinels that are replaced by others at other addresses', () => {
  it('[10] [11] are found where the file lists them now, and followed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'failover-sentinels-'));
    const file = join(folder, 'sentinels');
    const list = (sentinels: readonly string[]): Promise<void> => writeFile(file, sentinels.join('\n'));
    await using bed = await launch();
    // Its own server is of no interest: its Sentinels are set up for those of the other.
    await using others = await launchEmbedded({ servers: 1 });
    const primary = await bed.primary();
    if (primary === undefined) throw new Error('no primary');
    await list(bed.sentinels);
    await using client = createClient({
      name: bed.name,
      sentinels: [`file:${file}`],
      downAfterMs: 1000,
      holdMs: 60_000,
    });
    await client.redis.set('a', 1);

    // Gone before the others are there, so that none of them can tell of these.
    for (const sentinel of bed.sentinels) bed.kill(sentinel);
    const masters = new Map([[bed.name, primary]]);
    for (const sentinel of others.sentinels) await others.redeploySentinel(sentinel, masters);
    await list(others.sentinels);
    for (const sentinel of others.sentinels)
      await vi.waitUntil(() => knowsAll(others, sentinel), { timeout: 30_000, interval: 20 });
    bed.kill(primary);

    expect(await client.redis.get('a')).toBe('1');
    await client.redis.set('a', 2);
    await rm(folder, { recursive: true });
  });
});

async function knowsAll(bed: EmbeddedTestbed, sentinel: EndpointId): Promise<boolean> {
  const seen = await seeMaster(bed.runtime, sentinel, bed.name);
  return seen.type === 'master' && seen.otherSentinels === 2 && seen.replicas.length === 2;
}
