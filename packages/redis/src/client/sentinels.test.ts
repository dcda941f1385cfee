import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
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
