import type { Runtime } from '@failover/core';
import type { RunningListener } from './proxy-view.ts';

/** Takes no new client and waits for those that are there; who stays longer than `ms` is cut off. */
export async function drainListeners(
  listeners: readonly RunningListener[],
  options: { readonly runtime: Runtime; readonly ms: number },
): Promise<void> {
  const { runtime, ms } = options;
  for (const { listener } of listeners) listener.stopAccepting();
  const clients = listeners.reduce((sum, { listener }) => sum + listener.counts.open, 0);
  runtime.log('info', 'draining', { clients, atMostMs: ms });
  await new Promise<void>((resolve) => {
    const cancel = runtime.after(ms, () => {
      runtime.log('warn', 'clients did not leave in time; they are cut off');
      for (const { listener } of listeners) listener.destroyClients();
      resolve();
    });
    void Promise.all(listeners.map(({ listener }) => listener.whenIdle())).then(() => {
      cancel();
      resolve();
    });
  });
}
