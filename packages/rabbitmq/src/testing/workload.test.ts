import { createCluster } from '@failover/core';
import {
  checkHistory,
  runWorkload,
  type Fault,
  type Heal,
  type OperationRecord,
  type Operations,
  type Verdict,
} from '@failover/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { adapter } from '../adapter.ts';
import { rabbitConfig } from '../config.ts';
import { conformanceSubject } from './conformance-kit/subject.ts';
import { launchVirtual, type VirtualTestbed } from './embedded/launch-virtual.ts';
import { injectFault } from './inject.ts';
import { embeddedTestbed } from './testbeds.ts';
import { amqpOperations, readBack } from './workload.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function launch(seed: number): Promise<VirtualTestbed> {
  // A minute is the broker's own patience with a node that hangs; a run need not be as long.
  const testbed = await launchVirtual({ seed, heartbeatS: 0, stuckMs: 15_000, confirmMs: 2 });
  opened.push(testbed);
  return testbed;
}

/** Four workers for as long as `during` takes, and what is there in the end. */
async function verdictOf(
  testbed: VirtualTestbed,
  operations: readonly Operations[],
  during: () => Promise<void>,
): Promise<Verdict> {
  const history: OperationRecord[] = [];
  const stop = new AbortController();
  const running = runWorkload({
    clock: testbed.runtime,
    seed: 7,
    process: 'test',
    workers: 4,
    operations: (worker) => operations[worker % operations.length] as Operations,
    operationsPerSecond: 200,
    durationMs: 600_000,
    signal: stop.signal,
    record: (record) => history.push(record),
  });
  await during();
  stop.abort();
  await testbed.until(running);
  const keysOf = (f: OperationRecord['f']): readonly string[] => [
    ...new Set(history.filter((record) => record.f === f).map(({ key }) => key)),
  ];
  const [node] = testbed.members;
  if (node === undefined) throw new Error('no node');
  const finalState = await testbed.until(
    readBack(testbed.runtime, node, { lists: keysOf('append'), counters: keysOf('increment') }),
  );
  return checkHistory(history, finalState);
}

const list = 'list:0:0';
const faults: readonly (readonly [string, Fault])[] = [
  ['the leader of a queue is killed', { type: 'kill', member: `leader:${list}` }],
  ['the leader of a queue hangs', { type: 'hang', member: `leader:${list}` }],
  ['a node closes its connections', { type: 'reset', member: 'any' }],
  ['a node is drained', { type: 'backend', name: 'drain', member: 'any' }],
];

describe('clients in process', { timeout: 60_000 }, () => {
  async function clients(testbed: VirtualTestbed): Promise<readonly Operations[]> {
    const { runtime } = testbed;
    const config = rabbitConfig.parse(testbed.config);
    const cluster = createCluster(adapter, config, { runtime, hold: { windowMs: config.holdMs } });
    opened.push(cluster);
    const { createOperations } = conformanceSubject(embeddedTestbed);
    if (createOperations === undefined) throw new Error('no operations');
    const made = await testbed.until(
      Promise.all([0, 1, 2, 3].map((worker) => createOperations({ cluster, config, runtime, worker }))),
    );
    opened.push(...made);
    return made;
  }

  describe.each(faults)('when %s', (_what, fault) => {
    it.each([1, 2, 3, 4])(
      'lose nothing, double nothing silently and keep their order, seed %i',
      async (seed) => {
        const testbed = await launch(seed);
        const verdict = await verdictOf(testbed, await clients(testbed), async () => {
          await testbed.runtime.advance(1_000);
          const heal: Heal = await testbed.until(injectFault(testbed, fault));
          await testbed.runtime.advance(20_000);
          await testbed.until(heal());
          await testbed.until(testbed.settled());
          await testbed.runtime.advance(3_000);
        });
        expect(verdict.failures).toEqual([]);
        expect(verdict.lost.byBackend.count).toBe(0);
        expect(verdict.operations).toMatchObject({ unknown: 0, error: 0 });
        expect(verdict.operations.ok).toBeGreaterThan(3_000);
      },
    );
  });
});

describe('plain clients', () => {
  it('prove every acknowledged operation on a whole cluster, and refuse to read', async () => {
    const testbed = await launch(5);
    const [node] = testbed.members;
    if (node === undefined) throw new Error('no node');
    const client = amqpOperations(testbed.runtime, node);
    const verdict = await verdictOf(testbed, [client], () => testbed.runtime.advance(5_000));
    expect(verdict.failures).toEqual([]);
    expect(verdict.operations).toMatchObject({ unknown: 0, error: 0 });
    expect(verdict.operations.refused).toBeGreaterThan(100);
    expect(verdict.operations.ok).toBeGreaterThan(700);
    expect(client.reconnects).toBe(0);
  });

  it('do not know what became of a message on a node that died, and connect again', async () => {
    const testbed = await launch(6);
    const [node] = testbed.members;
    if (node === undefined) throw new Error('no node');
    const client = amqpOperations(testbed.runtime, node);
    const { signal } = new AbortController();
    await testbed.until(client.append('q', 'a', signal));
    testbed.hang(node);
    const gone = client.append('q', 'b', signal).catch((error: unknown) => error);
    await testbed.runtime.advance(100);
    testbed.kill(node);
    expect(client.outcomeOf(await testbed.until(gone))).toEqual({ outcome: 'unknown', error: 'lost' });
    const refused = client.append('q', 'c', signal).catch((error: unknown) => error);
    expect(client.outcomeOf(await testbed.until(refused))).toEqual({ outcome: 'refused' });
    await testbed.until(testbed.restart(node));
    await testbed.until(client.append('q', 'd', signal));
    expect(client.reconnects).toBe(2);
  });
});
