import type {
  Cluster,
  ClusterOptions,
  EndpointId,
  FailoverEvent,
  Lease,
  Outcome,
  Traits,
} from '@failover/core';
import { createCluster, isFailoverError } from '@failover/core';
import type { VirtualRuntime } from '@failover/core/virtual';
import { virtualRuntime } from '@failover/core/virtual';
import type { OperationRecord, Verdict } from '../history/index.ts';
import { checkHistory } from '../history/index.ts';
import { electedAdapter, electedTarget } from './elected-adapter.ts';
import type { ElectedGroup } from './elected-group.ts';
import { createElectedGroup } from './elected-group.ts';
import { openConnection } from './simulated-connection.ts';

/** One thing that goes wrong in the group, at an instant of virtual time. */
export interface SimulatedFault {
  readonly atMs: number;
  readonly act: (group: ElectedGroup) => void;
}

export interface SimulationOptions {
  readonly seed: number;
  readonly forMs: number;
  readonly faults: (random: () => number) => readonly SimulatedFault[];
  readonly writers?: number;
  readonly cluster?: Omit<ClusterOptions, 'runtime'>;
  /** A classify that breaks a rule on purpose, to see that the checks notice. */
  readonly classify?: (outcome: Outcome) => Outcome;
}

export interface Simulation {
  readonly events: readonly FailoverEvent[];
  readonly history: readonly OperationRecord[];
  readonly verdict: Verdict;
  /** Writes that left for a server whose claim was not, or not any more, believed at that instant. */
  readonly sentUnderVoidLease: number;
  /** Acknowledgements of a server that no majority ever confirmed, later than its lease allows. */
  readonly ackedBeyondLease: number;
  /** Claims accepted of a server that was no primary at any instant since it was chosen. */
  readonly acceptedUnproven: number;
  /** Doubts raised by a late error of a connection that is older than one which answered. */
  readonly falseDoubts: number;
  /** Operations that settled later than their deadline and one tick. */
  readonly late: number;
  readonly finalState: string;
  readonly waiting: number;
  readonly mostWaiting: number;
  readonly resent: number;
  readonly group: ElectedGroup;
}

/** ms each operation may take, also the hold window of the simulation. */
const timeoutMs = 15_000;
const write: Traits = { isIdempotent: false, isWrite: true, isPinned: false };

/** Runs a group, a cluster on it and its writers through the faults, heals everything, and judges the history. */
export async function runSeed(options: SimulationOptions): Promise<Simulation> {
  const runtime = virtualRuntime({ seed: options.seed });
  const group = createElectedGroup(runtime);
  const base = electedAdapter(group);
  const { classify } = options;
  const adapter =
    classify === undefined
      ? base
      : {
          ...base,
          classify: (...args: Parameters<typeof base.classify>) => classify(base.classify(...args)),
        };
  const cluster = createCluster(adapter, undefined, {
    ...options.cluster,
    hold: { windowMs: timeoutMs, ...options.cluster?.hold },
    runtime,
  });
  const events: FailoverEvent[] = [];
  const check = { sentUnderVoidLease: 0, ackedBeyondLease: 0, acceptedUnproven: 0, falseDoubts: 0, late: 0 };
  cluster.events$.subscribe((event) => {
    events.push(event);
    if (event.type === 'claimAccepted' && event.strength === 'provisional') {
      const server = group.serverAt(event.server);
      if (server?.role !== 'primary') check.acceptedUnproven += 1;
    }
  });
  await runtime.until(() => cluster.topology.targets.get(electedTarget)?.state === 'steady', 5000);

  for (const fault of options.faults(runtime.random)) {
    runtime.after(fault.atMs, () => {
      fault.act(group);
    });
  }
  const history: OperationRecord[] = [];
  const endAt = runtime.now() + options.forMs;
  for (let worker = 0; worker < (options.writers ?? 3); worker += 1) {
    void writeUntil(worker, endAt, { runtime, group, cluster, history, check });
  }
  let mostWaiting = 0;
  const look = (): void => {
    mostWaiting = Math.max(mostWaiting, cluster.stats.get(electedTarget)?.hold.waiting ?? 0);
    runtime.after(20, look);
  };
  look();
  await runtime.advance(options.forMs);
  const resent = cluster.stats.get(electedTarget)?.resent ?? 0;
  for (const witness of group.witnesses) witness.mode = 'alive';
  for (const server of group.servers) {
    server.slowMs = 0;
    server.isRefusing = false;
    server.losesReplies = false;
    group.revive(server);
  }
  await runtime.advance(20_000);
  const { state } = cluster.topology.targets.get(electedTarget) ?? { state: 'gone' };
  const waiting = cluster.stats.get(electedTarget)?.hold.waiting ?? 0;
  await cluster[Symbol.asyncDispose]();
  return {
    ...check,
    events,
    history,
    verdict: checkHistory(
      history,
      { lists: { log: group.primary().log }, counters: {} },
      { successions: group.promotions.map((each) => ({ from: each.from, to: each.to, roleAt: each.at })) },
    ),
    finalState: state,
    waiting,
    mostWaiting,
    resent,
    group,
  };
}

interface World {
  readonly runtime: VirtualRuntime;
  readonly group: ElectedGroup;
  readonly cluster: Cluster;
  readonly history: OperationRecord[];
  readonly check: { sentUnderVoidLease: number; ackedBeyondLease: number; falseDoubts: number; late: number };
}

async function writeUntil(worker: number, endAt: number, world: World): Promise<void> {
  const { runtime, cluster, history, check } = world;
  for (let sequence = 0; runtime.now() < endAt; sequence += 1) {
    const value = `${worker}:${sequence}`;
    const at = history.length;
    const invokedAt = runtime.now();
    const base = {
      f: 'append',
      index: at,
      worker,
      process: 'simulated',
      key: 'log',
      value,
      scheduledAt: invokedAt,
      invokedAt,
    } as const;
    history.push(base);
    let by: EndpointId | undefined;
    try {
      by = await cluster.run(
        { name: 'append', traits: write, attempt: (lease, signal) => append(value, lease, signal, world) },
        { target: electedTarget, timeoutMs },
      );
      history[at] = { ...base, endedAt: runtime.now(), outcome: 'ok', server: by };
    } catch (error) {
      const isUnknown = isFailoverError(error) && error.code === 'outcome-unknown';
      history[at] = {
        ...base,
        endedAt: runtime.now(),
        outcome: isUnknown ? 'unknown' : 'refused',
        error: String(error),
      };
    }
    if (runtime.now() - invokedAt > timeoutMs + 1) check.late += 1;
    await new Promise<void>((resolve) => runtime.after(5 + runtime.random() * 30, resolve));
  }
}

/** One append on a fresh connection that first asks for the role, as every data path must. */
function append(
  value: string,
  lease: Lease,
  signal: AbortSignal,
  { runtime, group, cluster, check }: World,
): Promise<
  | { readonly type: 'ok'; readonly value: EndpointId }
  | {
      readonly type: 'failed';
      readonly failure: Parameters<ReturnType<typeof electedAdapter>['classify']>[0];
    }
> {
  return new Promise((settle) => {
    let isSent = false;
    const resolve = (attempt: Parameters<typeof settle>[0]): void => {
      lease.fenced.removeEventListener('abort', onVoid);
      signal.removeEventListener('abort', onVoid);
      settle(attempt);
    };
    const lost = (reason: string): void => {
      resolve({
        type: 'failed',
        failure: isSent ? { type: 'connectionLost', reason } : { type: 'notWritten', reason },
      });
    };
    const onVoid = (): void => {
      lost('its server may not be used any more');
    };
    lease.fenced.addEventListener('abort', onVoid, { once: true });
    signal.addEventListener('abort', onVoid, { once: true });
    openConnection(
      group,
      runtime,
      lease.server,
      (connection) => {
        const onClosed = (): void => {
          tellFailure(cluster, check, lease.server, connection.openedAt);
          lost('closed');
        };
        connection.request(
          (server) => server.role,
          (role) => {
            if (lease.fenced.aborted || signal.aborted) return;
            if (role !== 'primary') {
              resolve({
                type: 'failed',
                failure: { type: 'errorReply', code: 'NOTPRIMARY', text: 'I am a replica' },
              });
              return;
            }
            isSent = true;
            const claim = cluster.topology.targets.get(electedTarget)?.claim;
            if (claim?.type === 'none' || claim?.server !== lease.server) check.sentUnderVoidLease += 1;
            connection.request(
              (server) => ({ isDone: group.append(server, value), isReplyLost: server.losesReplies }),
              ({ isDone, isReplyLost }) => {
                if (isReplyLost) {
                  // Nobody tells: that it is gone shows only by and by.
                  runtime.after(300 + runtime.random() * 300, onClosed);
                  return;
                }
                if (claim?.type === 'provisional' && runtime.now() > claim.namedAt + 3500)
                  check.ackedBeyondLease += 1;
                resolve(
                  isDone
                    ? { type: 'ok', value: lease.server }
                    : {
                        type: 'failed',
                        failure: { type: 'errorReply', code: 'NOTPRIMARY', text: 'I am a replica' },
                      },
                );
              },
              onClosed,
            );
          },
          onClosed,
        );
      },
      () => {
        lost('refused');
      },
    );
  });
}

/** Evidence from the data path. Counts it if it made a server suspect that had answered on a newer connection. */
function tellFailure(
  cluster: Cluster,
  check: { falseDoubts: number },
  server: EndpointId,
  openedAt: number,
): void {
  const before = cluster.topology.servers.get(server);
  cluster.report({ type: 'failed', member: { endpoint: server, kind: 'data' }, openedAt, reason: 'closed' });
  const after = cluster.topology.servers.get(server);
  const isLate = before?.answeredOn !== undefined && openedAt < before.answeredOn;
  if (isLate && before.availability === 'up' && after?.availability === 'suspect') check.falseDoubts += 1;
}
