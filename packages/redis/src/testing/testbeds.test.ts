import type { RunningTestbed } from '@failover/testing/conformance';
import { afterEach, describe, expect, it } from 'vitest';
import { backendFaults } from './inject.ts';
import { testbeds } from './testbeds.ts';

let testbed: RunningTestbed | undefined;
afterEach(async () => {
  await testbed?.[Symbol.asyncDispose]();
  testbed = undefined;
});

async function start(): Promise<RunningTestbed> {
  testbed = await testbeds.embedded.start({ members: 3, seed: 4 });
  return testbed;
}

describe('the embedded testbed', { timeout: 60_000 }, () => {
  it.each(['kill', 'hang'] as const)('fails over after a %s and is whole again when healed', async (type) => {
    const running = await start();
    const before = await running.primary?.();
    const heal = await running.inject({ type, member: 'primary' });
    await running.wait(5_000);
    const after = await running.primary?.();
    expect(after).not.toBe(before);
    await heal();
    await running.settled();
    expect(await running.primary?.()).toBe(after);
  });

  it.each(backendFaults)('knows the fault %s', async (name) => {
    const running = await start();
    const before = await running.primary?.();
    const heal = await running.inject({ type: 'backend', name, member: 'primary' });
    await running.wait(6_000);
    const hasMoved = (await running.primary?.()) !== before;
    expect(hasMoved).toBe(name === 'forceFailover' || name === 'sleep');
    await heal();
    await running.settled();
  });

  it.each(['refused', 'blackHole', 'slow'] as const)(
    'breaks the network by %s and heals it',
    async (type) => {
      const running = await start();
      const heal = await running.inject({ type, member: 'replica' });
      await running.wait(3_000);
      expect(await running.primary?.()).toBe(running.members[0]);
      await heal();
      await running.settled();
    },
  );

  it('reads nothing back from empty servers', async () => {
    const running = await start();
    expect(await running.readBack?.({ lists: ['l'], counters: ['c'] })).toEqual({
      lists: { l: [] },
      counters: { c: 0 },
    });
  });
});
