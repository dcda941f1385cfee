import { meterCluster, systemRuntime, type Runtime } from '@failover/core';
import { createAdminApp } from '../admin/app.ts';
import { serveAdmin } from '../admin/serve.ts';
import type { ProxyConfig } from '../config/index.ts';
import { showAddress, type ListenAddress } from '../listen-address.ts';
import { openListener } from '../listener.ts';
import { meterGateway } from '../metrics/gateway-metrics.ts';
import { meterProcess } from '../metrics/process-metrics.ts';
import { createRegistry } from '../metrics/registry.ts';
import type { Phase } from '../readiness.ts';
import { version } from '../version.ts';
import { drainListeners } from './drain.ts';
import { readinessOf, type ProxyView, type RunningListener } from './proxy-view.ts';
import { createResources, type Resources } from './resources.ts';
import { startCluster, type RunningCluster } from './running-cluster.ts';
import { untilServed } from './until-served.ts';

/** The local process, running. Disposing it cuts every client off; `drain` lets them finish. */
export interface Proxy extends ProxyView, AsyncDisposable {
  readonly admin: ListenAddress | undefined;
  /** Takes no new client, waits for those that are there, at most the configured time, and ends. */
  drain(): Promise<void>;
}

export interface StartOptions {
  readonly runtime?: Runtime;
  /** Ends the wait for a first server, and so the start, early. */
  readonly signal?: AbortSignal;
}

/**
 * Starts following the clusters, waits a bounded time for somebody to serve, then opens the ports.
 * @throws FailoverError `config-invalid` if an address cannot be had; nothing is left running then
 */
export async function startProxy(config: ProxyConfig, options: StartOptions = {}): Promise<Proxy> {
  const resources = createResources();
  try {
    return await start(config, resources, options);
  } catch (error) {
    await resources[Symbol.asyncDispose]();
    throw error;
  }
}

async function start(config: ProxyConfig, resources: Resources, options: StartOptions): Promise<Proxy> {
  const runtime = options.runtime ?? systemRuntime();
  const { log } = runtime;
  const drained = new AbortController();
  const clusters: RunningCluster[] = [];
  const listeners: RunningListener[] = [];
  let phase: Phase = 'starting';
  let admin: ListenAddress | undefined;
  const proxy: Proxy = {
    runtime,
    clusters,
    listeners,
    get phase() {
      return phase;
    },
    get admin() {
      return admin;
    },
    async drain() {
      phase = 'draining';
      drained.abort();
      await drainListeners(listeners, { runtime, ms: config.drainMs });
      await resources[Symbol.asyncDispose]();
      log('info', 'stopped');
    },
    [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
  };

  const registry = resources.use(createRegistry());
  for (const each of config.clusters) {
    const roles = rolesServed(config, each.name);
    const running = resources.use(startCluster(each, roles, { runtime, stateDir: config.stateDir }));
    resources.defer(meterCluster(registry.meter, running.cluster, running.name));
    meterGateway(registry.meter, running);
    clusters.push(running);
  }
  meterProcess(registry.meter, proxy, version);

  if (config.admin?.type === 'tcp') {
    const app = createAdminApp(proxy, { version, metrics: () => registry.text() });
    admin = resources.use(await serveAdmin(app, config.admin)).address;
    log('info', 'admin pages', { address: showAddress(admin) });
  }

  await untilServed(clusters, { runtime, ms: config.startMs, signal: options.signal });
  for (const { listen, cluster, role, maxClients } of config.listeners) {
    const session = clusters.find(({ name }) => name === cluster)?.session;
    if (session === undefined) continue;
    const listener = await openListener({
      listen,
      maxClients,
      log,
      serve: (client, from) => session.serve(client, { role, ...from, drain: drained.signal }),
    });
    resources.defer(() => {
      listener.stopAccepting();
      listener.destroyClients();
    });
    listeners.push({ cluster, role, listener });
    log('info', 'listening', { address: showAddress(listener.address), cluster, role });
  }
  phase = 'running';
  const { isReady, reasons } = readinessOf(proxy);
  if (isReady) log('info', 'ready');
  else log('warn', 'the ports are open, but nobody can serve yet: what comes waits', { reasons });
  return proxy;
}

function rolesServed(config: ProxyConfig, cluster: string): readonly string[] {
  return [...new Set(config.listeners.filter((each) => each.cluster === cluster).map(({ role }) => role))];
}
