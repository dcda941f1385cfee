import type { Cluster } from '../adapter.ts';
import type { TopologyDescription } from '../model/index.ts';

/** What every client in process shows of its cluster, and how it ends. May be taken apart: nothing here uses `this`. */
export interface ClusterHandle extends AsyncDisposable, Pick<Cluster, 'topology$' | 'events$'> {
  /** The current belief. */
  readonly topology: TopologyDescription;
  /** What was sent again, refused, left unknown, and so on, since the first connection. */
  readonly counters: Readonly<Record<string, number>>;
  /** Ends the client, in any state. No socket or timer is left. */
  readonly close: () => Promise<void>;
}

export interface HandleOptions {
  readonly cluster: Cluster;
  counters(): Readonly<Record<string, number>>;
  /** Ends the client; the cluster is closed behind it. Called once. */
  end(): Promise<void>;
  /** Closes the client when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

export function openHandle({ cluster, counters, end, signal }: HandleOptions): ClusterHandle {
  let closing: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    signal?.removeEventListener('abort', closeNow);
    await end();
    await cluster[Symbol.asyncDispose]();
  }

  function close(): Promise<void> {
    closing ??= closeAll();
    return closing;
  }

  const closeNow = (): void => void close();
  if (signal?.aborted === true) closeNow();
  else signal?.addEventListener('abort', closeNow, { once: true });

  return {
    topology$: cluster.topology$,
    events$: cluster.events$,
    get topology() {
      return cluster.topology;
    },
    get counters() {
      return counters();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
