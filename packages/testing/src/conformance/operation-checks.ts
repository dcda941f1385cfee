import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import type { Attempt, Failure, Operation } from '@failover/core';
import { claimHolder } from '@failover/core';
import { checkHistory, type OperationRecord } from '../history/index.ts';
import { runWorkload } from '../workload/index.ts';
import type { Check } from './check.ts';

const write = { isIdempotent: false, isWrite: true, isPinned: false } as const;

/** Fails once in the given way, and succeeds when it is tried again. */
function failsOnce(failure: Failure): {
  readonly operation: Operation<string>;
  readonly tries: () => number;
} {
  let tries = 0;
  const attempt = (): Promise<Attempt<string>> => {
    tries += 1;
    return Promise.resolve(tries === 1 ? { type: 'failed', failure } : { type: 'ok', value: 'done' });
  };
  return { operation: { name: 'WRITE', traits: write, attempt }, tries: () => tries };
}

export const operationChecks: readonly Check[] = [
  {
    title: 'never sends an operation again whose outcome is unknown',
    async run(scene) {
      await using watched = scene.watch();
      const { id } = await scene.steady(watched.cluster);
      for (const failure of [
        { type: 'connectionLost', reason: 'reset' },
        { type: 'deadlinePassed' },
      ] as const) {
        const { operation, tries } = failsOnce(failure);
        const running = watched.cluster.run(operation, { target: id });
        await rejects(scene.settle('the operation settles', running), { code: 'outcome-unknown' });
        equal(tries(), 1);
      }
    },
  },
  {
    title: 'sends an operation again that was never sent',
    async run(scene) {
      await using watched = scene.watch();
      const { id } = await scene.steady(watched.cluster);
      const { operation, tries } = failsOnce({ type: 'notWritten', reason: 'refused' });
      const running = watched.cluster.run(operation, { target: id });
      equal(await scene.settle('the operation settles', running), 'done');
      equal(tries(), 2);
    },
  },
  {
    title: 'settles every operation through a kill and a hang, doubles none and reorders none',
    skips: ({ subject, testbed }) =>
      subject.createOperations === undefined || testbed.readBack === undefined
        ? 'createOperations or readBack is missing, so no operation was tried'
        : undefined,
    async run(scene) {
      const { createOperations } = scene.subject;
      if (createOperations === undefined || scene.testbed.readBack === undefined)
        throw new Error('nothing to try');
      await using watched = scene.watch();
      const { cluster, runtime } = watched;
      await scene.steady(cluster);
      const workers = 4;
      // To connect may take time, which in a virtual testbed does not pass by itself.
      const clients = await scene.settle(
        'the clients are there',
        Promise.all(
          Array.from({ length: workers }, (_, worker) =>
            createOperations({ cluster, config: scene.config, runtime, worker }),
          ),
        ),
      );
      const history: OperationRecord[] = [];
      const stop = new AbortController();
      const running = runWorkload({
        clock: runtime,
        seed: scene.subject.seed ?? 1,
        process: 'conformance',
        prefix: `conformance:${Math.floor(runtime.now())}:`,
        workers,
        operations: (worker) => clients[worker] ?? clients[0]!,
        operationsPerSecond: 200,
        durationMs: 10 * scene.recoveryMs,
        settleMs: scene.recoveryMs,
        signal: stop.signal,
        record: (record) => history.push(record),
      });
      try {
        for (const type of ['kill', 'hang'] as const) {
          await scene.testbed.wait(500);
          const { claim } = await scene.steady(cluster);
          await scene.during(type, claimHolder(claim) ?? scene.testbed.members[0] ?? '', async () => {
            await scene.testbed.wait(100);
            await scene.steady(cluster);
            await scene.testbed.wait(500);
          });
        }
        await scene.testbed.wait(500);
      } finally {
        stop.abort();
        await scene.settle('the workload ends', running, 3 * scene.recoveryMs);
        await scene.settle(
          'the clients are closed',
          Promise.all(clients.map((client) => client[Symbol.asyncDispose]())),
        );
      }
      const result = await running;
      const keys = (f: OperationRecord['f'][]): string[] => [
        ...new Set(history.filter((record) => f.includes(record.f)).map(({ key }) => key)),
      ];
      const finalState = await scene.settle(
        'what the servers hold was read',
        scene.testbed.readBack({
          lists: keys(['append', 'read']),
          counters: keys(['increment', 'readCounter']),
        }),
      );
      const verdict = checkHistory(history, finalState);
      equal(result.unsettled, 0, 'operations never settled');
      equal(history.length, result.invoked);
      ok(verdict.operations.ok > 0, 'no operation succeeded');
      // What the backend lost while it changed its primary is not the client's: losses need an observer's evidence.
      const counts = ({
        doubled,
        reordered,
        unsettled,
        phantom,
      }: typeof verdict): Record<string, number> => ({
        doubledSilently: doubled.silently.count,
        doubledAndTold: doubled.told.count,
        reordered: reordered.count,
        unsettled: unsettled.count,
        phantom: phantom.count,
      });
      const none = { doubledSilently: 0, doubledAndTold: 0, reordered: 0, unsettled: 0, phantom: 0 };
      deepEqual(counts(verdict), none, verdict.failures.join('\n'));
    },
  },
];
