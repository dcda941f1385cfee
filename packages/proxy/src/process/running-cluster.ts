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

function logEvent(runtime: Runtime, name: string, event: FailoverEvent): void {
  const { at: _at, type, ...fields } = event;
  runtime.log(levelOf(event), type, { cluster: name, ...fields });
}

/** What an operator must see is a warning, a change of who serves is news, the rest is detail. */
function levelOf(event: FailoverEvent): 'warn' | 'info' | 'debug' {
  switch (event.type) {
    case 'stateChanged':
      return event.to === 'steady' ? 'info' : 'warn';
    case 'outcomesUnknown':
    case 'minoritySeen':
    case 'slowClientsClosed':
      return 'warn';
    case 'claimAccepted':
    case 'claimWithdrawn':
    case 'operationsResent':
    case 'subscriptionGap':
    case 'conditionsChanged':
    case 'rangesChanged':
    case 'holdClosed':
      return 'info';
    case 'memberAdded':
    case 'memberRemoved':
    case 'availabilityChanged':
    case 'roleChanged':
    case 'successorNamed':
    case 'staleEvidence':
    case 'majoritySeen':
    case 'epochDomainOpened':
    case 'discoveryFailed':
    case 'monitorRestarted':
    case 'ownStall':
    case 'holdOpened':
    case 'firstDrained':
      return 'debug';
  }
}
