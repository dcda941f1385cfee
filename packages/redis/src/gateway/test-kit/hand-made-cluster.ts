import type { Cluster, EndpointId, Lease, Report, Runtime, TargetId } from '@failover/core';
import { NotSentError, emptyTopology, nextStep } from '@failover/core';
import { NEVER } from 'rxjs';

/** A cluster whose lease the test gives and takes by hand; holds wait in line, first come first served. */
export interface HandMadeCluster extends Cluster {
  readonly reports: Report<unknown>[];
  readonly unknown: number;
  readonly gaps: { readonly server: EndpointId; readonly subscriptions: number; readonly from: number }[];
  readonly slow: { readonly address: string; readonly unreadBytes: number; readonly count: number }[];
  readonly held: number;
  retriesLeft: number;
  /** Fences the lease before, if there is one. */
  grant(server: EndpointId): void;
  /** Takes the lease back without fencing it: the server is doubted. */
  doubt(): void;
  fence(): void;
  /** Those that wait for the longest time, or all. */
  refuseHeld(count?: number): void;
}

export function handMadeCluster(target: TargetId, runtime: Runtime): HandMadeCluster {
  let lease: Lease | undefined;
  let granted: { lease: Lease; abort: AbortController } | undefined;
  let fence = 0;
  let waiters: { resolve: (lease: Lease) => void; reject: (error: Error) => void }[] = [];
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const cluster = {
    reports: [] as Report<unknown>[],
    unknown: 0,
    gaps: [] as HandMadeCluster['gaps'],
    slow: [] as HandMadeCluster['slow'],
    retriesLeft: 1000,
    get held() {
      return waiters.length;
    },
    topology$: NEVER,
    events$: NEVER as unknown as Cluster['events$'],
    topology: emptyTopology('redis'),
    lease: () => lease,
    hold: (_target: TargetId, request: { readonly signal?: AbortSignal | undefined }) =>
      new Promise<Lease>((resolve, reject) => {
        if (lease !== undefined) {
          resolve(lease);
          return;
        }
        const waiter = { resolve, reject };
        waiters.push(waiter);
        request.signal?.addEventListener('abort', () => {
          waiters = waiters.filter((each) => each !== waiter);
          reject(new NotSentError('cancelled'));
        });
      }),
    onChange(_target: TargetId, listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    nextStep: (
      _target: TargetId,
      ...[outcome, traits, deadline]: Parameters<Cluster['nextStep']> extends [TargetId, ...infer Rest]
        ? Rest
        : never
    ) => nextStep(outcome, traits, { now: runtime.now(), deadline, retriesLeft: cluster.retriesLeft }),
    countOperations: () => undefined,
    reportUnknown(_target: TargetId, _server: EndpointId, count: number) {
      cluster.unknown += count;
    },
    reportGap(_target: TargetId, server: EndpointId, subscriptions: number, from: number) {
      cluster.gaps.push({ server, subscriptions, from });
    },
    reportSlow(_target: TargetId, address: string, unreadBytes: number, count: number) {
      cluster.slow.push({ address, unreadBytes, count });
    },
    run: () => Promise.reject(new Error('not used')),
    report(report: Report<unknown>) {
      cluster.reports.push(report);
    },
    grant(server: EndpointId) {
      lease = undefined;
      granted?.abort.abort();
      fence += 1;
      const abort = new AbortController();
      lease = { target, server, fence, epoch: [0, fence], fenced: abort.signal };
      granted = { lease, abort };
      changed();
      const due = waiters;
      waiters = [];
      for (const { resolve } of due) resolve(lease);
    },
    doubt() {
      lease = undefined;
      changed();
    },
    fence() {
      lease = undefined;
      granted?.abort.abort();
      granted = undefined;
      changed();
    },
    refuseHeld(count = waiters.length) {
      const due = waiters.slice(0, count);
      waiters = waiters.slice(count);
      for (const { reject } of due) reject(new NotSentError('the hold window is over'));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return cluster as unknown as HandMadeCluster;
}
