import type { RunningTestbed } from '@failover/testing/conformance';
import { afterEach, describe, expect, it } from 'vitest';
import { connectAmqp } from './amqp-client.ts';
import { AmqpEndError } from './amqp-end.ts';
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

/** Whether a node lets somebody in within a second. */
async function serves(running: RunningTestbed, member: string): Promise<boolean> {
  let answer: boolean | undefined;
  connectAmqp(running.runtime, member as never, { timeoutMs: 1_000 }).then(
    (client) => {
      client.destroy();
      answer = true;
    },
    (error: unknown) => {
      if (error instanceof AmqpEndError) answer = false;
    },
  );
  await running.wait(1_100);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

describe('the embedded testbed', () => {
  it.each(['kill', 'hang', 'refused', 'blackHole'] as const)(
    'breaks one node by %s, and it is whole again when healed',
    async (type) => {
      const running = await start();
      const [first = '', second = ''] = running.members;
      const heal = await running.inject({ type, member: first });
      expect(await serves(running, first)).toBe(false);
      expect(await serves(running, second)).toBe(true);
      await heal();
      await running.settled();
      expect(await serves(running, first)).toBe(true);
    },
  );

  it.each(backendFaults)('knows the fault %s', async (name) => {
    const running = await start();
    const heal = await running.inject({ type: 'backend', name, member: 'any' });
    expect(await serves(running, running.members[0] ?? '')).toBe(name !== 'drain');
    await heal();
    await running.settled();
    expect(await serves(running, running.members[0] ?? '')).toBe(true);
  });

  it('has no fault that nobody knows, and no member that nobody leads', async () => {
    const running = await start();
    await expect(running.inject({ type: 'backend', name: 'x', member: 'any' })).rejects.toThrow(
      /drain, alarm/,
    );
    await expect(running.inject({ type: 'kill', member: 'leader:q' })).rejects.toThrow(/no leader:q/);
  });

  it('reads nothing back from queues that nobody made', async () => {
    const running = await start();
    expect(await running.readBack?.({ lists: ['l'], counters: ['c'] })).toEqual({
      lists: { l: [] },
      counters: { c: 0 },
    });
  });
});
