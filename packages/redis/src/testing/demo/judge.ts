import type { Ms } from '@failover/core';
import { checkHistory, type OperationRecord, type Succession, type Verdict } from '@failover/testing';
import { TestbedError, type RedisTestbed } from '../testbed.ts';
import { readBack } from '../workload.ts';
import type { ProbedWrite } from './prober.ts';

/** ms: replication on loopback is far faster; what was acknowledged before this is no loss of the servers. */
const replicationMs = 500;

/** Compares what clients were told with what the primary holds now. */
export async function judge(
  testbed: RedisTestbed,
  history: readonly OperationRecord[],
  writes: readonly ProbedWrite[],
  faultsAt: readonly Ms[],
): Promise<Verdict> {
  const primary = await testbed.primary();
  if (primary === undefined) throw new TestbedError('no server is primary: what it holds cannot be read');
  const keysOf = (...kinds: readonly OperationRecord['f'][]): readonly string[] => [
    ...new Set(history.filter(({ f }) => kinds.includes(f)).map(({ key }) => key)),
  ];
  const finalState = await readBack(testbed.runtime, primary, {
    lists: keysOf('append', 'read'),
    counters: keysOf('increment', 'readCounter'),
  });
  return checkHistory(history, finalState, { successions: successionsOf(writes, faultsAt) });
}

/** Who took over from whom, as the prober saw it: the first write that lasted on another server. */
export function successionsOf(
  writes: readonly ProbedWrite[],
  faultsAt: readonly Ms[],
): readonly Succession[] {
  return writes.flatMap((write, at): readonly Succession[] => {
    const before = writes[at - 1];
    if (before === undefined || before.server === write.server) return [];
    const faultAt = faultsAt.findLast((each) => each < write.at);
    return [
      {
        from: before.server,
        to: write.server,
        roleAt: write.sentAt,
        ...(faultAt === undefined ? {} : { exposedFrom: faultAt - replicationMs }),
      },
    ];
  });
}
