import type { Lease } from '@failover/core';
import { endpoint, targetId } from '@failover/core';
import { virtualRuntime } from '@failover/core/virtual';
import { describe, expect, it } from 'vitest';
import type { Identity } from './identity.ts';
import { createPool } from './pool.ts';

const lease: Lease = {
  target: targetId('redis', 'primary'),
  server: endpoint('127.0.0.1:7001'),
  fence: 1,
  epoch: [0, 1],
  fenced: new AbortController().signal,
};

/** When the dials of one process of many came, whose server takes nobody. */
async function dialsOf(seed: number): Promise<readonly number[]> {
  const runtime = virtualRuntime({ seed });
  const dialledAt: number[] = [];
  const pool = createPool({
    dial(_lease, _identity, done) {
      dialledAt.push(runtime.now());
      return runtime.after(0, () => done({ type: 'failed', openedAt: runtime.now(), reason: 'refused' }));
    },
    adopt: () => {
      throw new Error('nobody is reached');
    },
    after: runtime.after,
    random: () => runtime.random(),
  });
  const again = (): void => void pool.take(lease, { key: 'app' } as Identity, again);
  again();
  await runtime.advance(2000);
  return dialledAt;
}

describe('connections to a server that takes nobody', () => {
  it('[43] are dialled by 500 processes at times of their own, and ever more rarely', async () => {
    const all = await Promise.all(Array.from({ length: 500 }, (_, seed) => dialsOf(seed + 1)));
    // All lost it in the same instant; the first dial is immediate.
    expect(new Set(all.map(([first]) => first)).size).toBe(1);
    const sixth = all.map((dials) => dials[5] ?? NaN);
    const [earliest, latest] = [Math.min(...sixth), Math.max(...sixth)];
    const slots = Array.from({ length: 10 }, () => 0);
    for (const at of sixth) {
      const slot = Math.min(9, Math.floor((10 * (at - earliest)) / (latest - earliest)));
      slots[slot] = (slots[slot] ?? 0) + 1;
    }
    expect(latest - earliest).toBeGreaterThan(100);
    // No tenth of that time sees more than a third of them.
    expect(Math.max(...slots)).toBeLessThan(170);
    for (const dials of all) {
      const pauses = dials.slice(1).map((at, index) => at - (dials[index] ?? NaN));
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(5);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(375);
      expect(dials.length).toBeLessThan(25);
    }
  });
});
