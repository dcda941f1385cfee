import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedTestbed } from '../testing/embedded/launch-embedded.ts';
import { launchEmbedded } from '../testing/embedded/launch-embedded.ts';
import { createClient } from './create-client.ts';

/** ms; what should not happen has no end to await: five times what a Sentinel, or we, would need to doubt a server. */
const goneMs = 1500;

let bed: EmbeddedTestbed;

beforeEach(async () => {
  bed = await launchEmbedded({ downAfterMs: 300 });
  await bed.settled();
});

afterEach(() => bed[Symbol.asyncDispose]());

describe('Sentinels that do not answer', () => {
  it.each([0, 1, 2])('[13] keep nobody waiting: the black-holed one is number %i of three', async (at) => {
    const [hole] = bed.sentinels.slice(at);
    if (hole === undefined) throw new Error('no such Sentinel');
    bed.blackHole(hole);
    const startAt = performance.now();
    await using client = createClient(bed.config);
    await client.redis.ping();
    expect(performance.now() - startAt).toBeLessThan(300);
  });

  it('[9] may all be gone while the primary serves, and one that comes back is heard', async () => {
    await using client = createClient({ ...bed.config, downAfterMs: 300 });
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
