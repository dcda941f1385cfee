import { filter, firstValueFrom, map, merge, Observable, of, race } from 'rxjs';
import type { Runtime } from '@failover/core';
import { readiness } from '../readiness.ts';
import type { RunningCluster } from './running-cluster.ts';

/** What must be known of a cluster to tell whether it serves. */
export type Followed = Pick<RunningCluster, 'name' | 'roles' | 'cluster'>;

/** Waits until every target in use has a server. False if that takes longer than `ms`, or the signal comes. */
export function untilServed(
  clusters: readonly Followed[],
  options: { readonly runtime: Runtime; readonly ms: number; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  const served$ = merge(...clusters.map(({ cluster }) => cluster.topology$)).pipe(
    map(() => isServed(clusters)),
    filter((served) => served),
  );
  return firstValueFrom(race(served$, timeOut(options)), { defaultValue: false });
}

export function isServed(clusters: readonly Followed[]): boolean {
  const views = clusters.map(({ name, roles, cluster }) => ({ name, roles, topology: cluster.topology }));
  return readiness('running', views).isReady;
}

function timeOut(options: Parameters<typeof untilServed>[1]): Observable<boolean> {
  const { signal } = options;
  if (signal?.aborted === true) return of(false);
  return new Observable((subscriber) => {
    const giveUp = (): void => {
      subscriber.next(false);
      subscriber.complete();
    };
    const cancel = options.runtime.after(options.ms, giveUp);
    signal?.addEventListener('abort', giveUp, { once: true });
    return () => {
      cancel();
      signal?.removeEventListener('abort', giveUp);
    };
  });
}
