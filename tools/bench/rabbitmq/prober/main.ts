import { now, pause } from '../../clock.ts';
import { dieWithParent, toParent } from '../../process/module.ts';
import { keepConnected, type RawConnection } from './connection.ts';
import { type ConsumeProber, startConsumeProber } from './consume-prober.ts';
import type { ProberNews, ProberOrder, ProbeSettings, Sighting } from './orders.ts';
import { tryPublish } from './publish-prober.ts';

/** ms between tries once the service is back: consumers still need something that was published after the fault. */
const SLOW_MS = 200;

interface Probing {
  readonly settings: ProbeSettings;
  readonly publishers: ReadonlyMap<string, RawConnection>;
  readonly consumer: ConsumeProber;
  readonly confirms: ReadonlyMap<string, Sighting[]>;
  readonly served: Set<string>;
}

let probing: Probing | undefined;
let fault: { readonly at: number; readonly isOutage: boolean } | undefined;
let timer: NodeJS.Timeout | undefined;
let worstLagMs = 0;

const tell = (news: ProberNews): void => void toParent(news);

async function begin(settings: ProbeSettings): Promise<void> {
  const publishers = new Map<string, RawConnection>();
  for (const server of settings.servers) publishers.set(server, await keepConnected(server));
  const consumer = await startConsumeProber(settings.consumeOn, settings.queues);
  const confirms = new Map(settings.queues.map((queue) => [queue, [] as Sighting[]]));
  fault = undefined;
  worstLagMs = 0;
  probing = { settings, publishers, consumer, confirms, served: new Set() };
  tell({ type: 'begun' });
}

function onConfirm(queue: string, sighting: Sighting): void {
  probing?.confirms.get(queue)?.push(sighting);
  if (fault === undefined || sighting.publishedAt <= fault.at || probing?.served.has(queue) !== false) return;
  probing.served.add(queue);
  tell({ type: 'served', queue, ...sighting });
}

function probe({ settings, publishers, served }: Probing): void {
  const lastTryAt = new Map<string, number>();
  let dueAt = now();
  const tick = (): void => {
    const at = now();
    worstLagMs = Math.max(worstLagMs, at - dueAt);
    for (const queue of settings.queues) {
      const isSlow = fault?.isOutage === true && served.has(queue);
      if (at - (lastTryAt.get(queue) ?? 0) < (isSlow ? SLOW_MS : 0)) continue;
      lastTryAt.set(queue, at);
      for (const [server, connection] of publishers) {
        void tryPublish(connection, server, queue, (sighting) => {
          onConfirm(queue, sighting);
        });
      }
    }
    // A late tick is not made up for: two tries at once would show nothing that one does not.
    dueAt = Math.max(dueAt + settings.everyMs, now());
    timer = setTimeout(tick, dueAt - now());
  };
  tick();
}

async function drain({ settings, consumer, confirms }: Probing, limitMs: number): Promise<void> {
  const endAt = now() + limitMs;
  const isEmpty = (queue: string): Promise<boolean> => consumer.isEmpty(queue).catch(() => false);
  const drained = new Set<string>();
  while (drained.size < settings.queues.length && now() < endAt) {
    for (const queue of settings.queues)
      if (!drained.has(queue) && (await isEmpty(queue))) drained.add(queue);
    await pause(50);
  }
  const queues = settings.queues.map((queue) => ({
    queue,
    confirms: confirms.get(queue) ?? [],
    deliveries: consumer.ledgers.get(queue) ?? [],
    isDrained: drained.has(queue),
  }));
  tell({ type: 'log', queues, worstLagMs });
}

function stopTrying(): void {
  clearTimeout(timer);
  for (const connection of probing?.publishers.values() ?? []) connection.end();
}

async function obey(order: ProberOrder): Promise<void> {
  switch (order.type) {
    case 'begin':
      return begin(order.settings);
    case 'probe':
      if (probing !== undefined) probe(probing);
      return;
    case 'fault':
      fault = order;
      return;
    case 'stop':
      return stopTrying();
    case 'drain':
      if (probing !== undefined) await drain(probing, order.limitMs);
      return;
    case 'end':
      stopTrying();
      probing?.consumer.end();
      probing = undefined;
      return tell({ type: 'ended' });
  }
}

dieWithParent();
process.on('message', (order: ProberOrder) => {
  obey(order).catch((error: unknown) => {
    console.error('the prober:', error);
    process.exit(1);
  });
});
tell({ type: 'ready' });
