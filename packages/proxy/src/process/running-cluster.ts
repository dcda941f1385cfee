import { join } from 'node:path';
import {
  createCluster,
  emptyFailoverLog,
  fileStore,
  foldFailovers,
  type Cluster,
  type FailoverEvent,
  type FailoverLog,
  type GatewaySession,
  type Runtime,
} from '@failover/core';
import type { ClusterConfig } from '../config/index.ts';

/** One followed cluster, with the gateway session that its clients share. */
export interface RunningCluster extends AsyncDisposable {
  readonly name: string;
  readonly backend: string;
  /** The roles that listeners serve. */
  readonly roles: readonly string[];
  readonly cluster: Cluster;
  readonly session: GatewaySession;
  readonly failovers: FailoverLog;
}

export function startCluster(
  config: ClusterConfig,
  roles: readonly string[],
  options: { readonly runtime: Runtime; readonly stateDir: string | undefined },
): RunningCluster {
  const { runtime, stateDir } = options;
  const { adapter } = config.gateway;
  const cluster = createCluster(adapter, config.config, {
    runtime,
    ...(stateDir === undefined ? {} : { store: fileStore(join(stateDir, `${config.name}.json`)) }),
  });
  let failovers = emptyFailoverLog;
  // Also keeps the monitors running, whether or not a client is there.
  const subscription = cluster.events$.subscribe((event) => {
    failovers = foldFailovers(failovers, event);
    logEvent(runtime, config.name, event);
  });
  const session = config.gateway.open(cluster, config.config, runtime);
  return {
    name: config.name,
    backend: adapter.backend,
    roles,
    cluster,
    session,
    get failovers() {
      return failovers;
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      subscription.unsubscribe();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

/** What an operator must see is a warning, a change of who serves is news, the rest is detail. */
function logEvent(runtime: Runtime, name: string, event: FailoverEvent): void {
  const { at: _at, type, ...fields } = event;
  const level =
    type === 'stateChanged' ||
    type === 'outcomesUnknown' ||
    type === 'minoritySeen' ||
    type === 'slowClientsClosed'
      ? 'warn'
      : type === 'claimAccepted' ||
          type === 'operationsResent' ||
          type === 'subscriptionGap' ||
          type === 'conditionsChanged' ||
          type === 'rangesChanged' ||
          type === 'claimWithdrawn' ||
          type === 'holdClosed'
        ? 'info'
        : 'debug';
  const isGood = type === 'stateChanged' && event.to === 'steady';
  runtime.log(isGood ? 'info' : level, type, { cluster: name, ...fields });
}
