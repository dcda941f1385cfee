import { Hono } from 'hono';
import { showAddress } from '../listen-address.ts';
import { readinessOf, type ProxyView } from '../process/proxy-view.ts';
import { createEventsStream } from './events-stream.ts';
import { localQuestionsOnly } from './host-check.ts';
import { topologyJson } from './topology-json.ts';
import { wallClock } from './wall-clock.ts';

const pages = ['/livez', '/readyz', '/topology', '/events', '/failovers', '/metrics', '/buildinfo'];

/** The admin pages. They tell; none of them changes anything. */
export function createAdminApp(
  view: ProxyView,
  options: { readonly version: string; metrics(): Promise<string> },
): Hono {
  const app = new Hono();
  app.use(localQuestionsOnly);
  app.get('/', (context) => context.json({ pages }));
  app.get('/livez', (context) => context.text('ok\n'));
  app.get('/readyz', (context) => {
    const state = readinessOf(view);
    return context.json(state, state.isReady ? 200 : 503);
  });
  app.get('/topology', (context) =>
    context.json({
      phase: view.phase,
      // Instants below are ms of this clock.
      clock: { now: view.runtime.now(), time: new Date().toISOString() },
      clusters: Object.fromEntries(
        view.clusters.map(({ name, cluster }) => [name, topologyJson(cluster.topology)]),
      ),
      listeners: view.listeners.map(({ cluster, role, listener }) => ({
        cluster,
        role,
        address: showAddress(listener.address),
        clients: listener.counts,
      })),
    }),
  );
  app.get('/events', createEventsStream(view));
  app.get('/failovers', (context) =>
    context.json({
      clusters: Object.fromEntries(
        view.clusters.map(({ name, failovers }) => [
          name,
          failovers.failovers.map((failover) => ({
            ...failover,
            startedAt: wallClock(view.runtime, failover.startedAt),
          })),
        ]),
      ),
    }),
  );
  app.get('/metrics', async (context) =>
    context.text(await options.metrics(), 200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    }),
  );
  app.get('/buildinfo', (context) =>
    context.json({
      version: options.version,
      node: process.version,
      backends: [...new Set(view.clusters.map(({ backend }) => backend))],
    }),
  );
  app.notFound((context) => context.json({ error: 'no such page', pages }, 404));
  return app;
}
