import type { EndpointId } from '@failover/core';
import { checkHistory, runWorkload, type OperationRecord, type Succession } from '@failover/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { launchVirtual, type VirtualTestbed } from './embedded/launch-virtual.ts';
import { readBack, respOperations } from './workload.ts';

const opened: VirtualTestbed[] = [];
afterEach(async () => {
  for (const testbed of opened.splice(0)) await testbed[Symbol.asyncDispose]();
});

async function launch(replicationDelayMs: number): Promise<VirtualTestbed> {
  const testbed = await launchVirtual({ seed: 21, replicationDelayMs });
  opened.push(testbed);
  return testbed;
}

/** Writes to one server for 2 s, with a fault after 1 s. */
async function run(
  testbed: VirtualTestbed,
  server: EndpointId,
  fault: () => void,
): Promise<OperationRecord[]> {
  const history: OperationRecord[] = [];
  const { runtime } = testbed;
  const clients = [0, 1].map(() => respOperations(runtime, server));
  const cancel = runtime.after(1_000, fault);
  await testbed.until(
    runWorkload({
      clock: runtime,
      seed: 1,
      process: 'p',
      workers: 2,
      operations: (worker) => clients[worker] ?? respOperations(runtime, server),
      operationsPerSecond: 500,
      durationMs: 2_000,
      settleMs: 1_000,
      record: (record) => history.push(record),
    }),
  );
  cancel();
  for (const client of clients) client[Symbol.dispose]();
  return history;
}

function keysOf(history: readonly OperationRecord[]) {
  const lists = new Set(history.filter(({ f }) => f === 'append' || f === 'read').map(({ key }) => key));
  const counters = new Set(history.filter(({ f }) => f !== 'append' && f !== 'read').map(({ key }) => key));
  return { lists: [...lists], counters: [...counters] };
}

describe('workload through one RESP endpoint', { timeout: 60_000 }, () => {
  it('loses and doubles nothing while nothing breaks', async () => {
    const testbed = await launch(1);
    const [server] = testbed.servers as [EndpointId];
    const history = await run(testbed, server, () => undefined);
    expect(history.length).toBe(1_000);
    expect(history.every(({ outcome }) => outcome === 'ok')).toBe(true);
    const final = await testbed.until(readBack(testbed.runtime, server, keysOf(history)));
    expect(checkHistory(history, final, {}).failures).toEqual([]);
  });

  it('tells what the servers lost when they failed over, and what stayed unknown', async () => {
    const testbed = await launch(20);
    const [server] = testbed.servers as [EndpointId];
    let killedAt = 0;
    const history = await run(testbed, server, () => {
      killedAt = testbed.runtime.now();
      testbed.kill(server);
    });
    await testbed.until(testbed.settled());
    const successor = (await testbed.until(testbed.primary())) as EndpointId;
    const final = await testbed.until(readBack(testbed.runtime, successor, keysOf(history)));
    const successions: Succession[] = [
      { from: server, to: successor, roleAt: testbed.runtime.now(), exposedFrom: killedAt - 50 },
    ];
    const verdict = checkHistory(history, final, { successions });
    expect(verdict.failures).toEqual([]);
    // Up to 20 ms at 500 a second, of which 8 in 10 write.
    expect(verdict.lost.byBackend.count).toBeGreaterThan(0);
    expect(verdict.lost.byUs.count).toBe(0);
    // Nobody listens any more: what was begun after the kill was never sent.
    expect(history.some(({ outcome }) => outcome === 'refused')).toBe(true);
  });

  it('is told READONLY by a replica, and takes it as refused', async () => {
    const testbed = await launch(1);
    const replica = testbed.servers[1] as EndpointId;
    using operations = respOperations(testbed.runtime, replica);
    const failure: unknown = await testbed.until(
      operations.append('list', 'v', new AbortController().signal).catch((error: unknown) => error),
    );
    expect(operations.outcomeOf(failure)).toEqual({ outcome: 'refused', error: 'READONLY' });
  });

  it('does not know what became of a command whose server hung', async () => {
    const testbed = await launch(1);
    const [server] = testbed.servers as [EndpointId];
    using operations = respOperations(testbed.runtime, server);
    await testbed.until(operations.increment('n', new AbortController().signal));
    testbed.hang(server);
    const gone = operations.increment('n', new AbortController().signal).catch((error: unknown) => error);
    await testbed.runtime.advance(100);
    testbed.kill(server);
    expect(operations.outcomeOf(await testbed.until(gone))).toMatchObject({ outcome: 'unknown' });
    expect(operations.reconnects).toBe(0);
  });
});
