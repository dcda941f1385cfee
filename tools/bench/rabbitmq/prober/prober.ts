import { nextMessage, startModule } from '../../process/module.ts';
import type { ProberNews, ProberOrder, ProbeSettings, QueueLog, Sighting } from './orders.ts';

/** The independent reference: it says when the brokers serve again, whatever any client believes. */
export interface Prober {
  begin(settings: ProbeSettings): Promise<void>;
  probe(): void;
  fault(at: number, isOutage: boolean): void;
  /** First confirms after the fault so far, by queue. */
  served(): ReadonlyMap<string, Sighting>;
  stop(): void;
  /** Consumes until the queues are empty, or so long. May be called again. */
  drain(limitMs: number): Promise<ProbeLog>;
  end(): Promise<void>;
}

export interface ProbeLog {
  readonly queues: readonly QueueLog[];
  readonly worstLagMs: number;
}

const isOf =
  <T extends ProberNews['type']>(type: T) =>
  (message: unknown): message is Extract<ProberNews, { type: T }> =>
    typeof message === 'object' && message !== null && 'type' in message && message.type === type;

export async function startProber(): Promise<Prober> {
  const child = startModule(new URL('./main.ts', import.meta.url), {});
  await nextMessage(child, 'the prober is ready', 30_000, isOf('ready'));
  let served = new Map<string, Sighting>();
  child.on('message', (news: ProberNews) => {
    if (news.type === 'served') served.set(news.queue, news);
  });
  const order = (what: ProberOrder): void => void child.send(what);
  return {
    async begin(settings) {
      served = new Map();
      const begun = nextMessage(child, 'the prober has begun', 20_000, isOf('begun'));
      order({ type: 'begin', settings });
      await begun;
    },
    probe: () => {
      order({ type: 'probe' });
    },
    fault: (at, isOutage) => {
      order({ type: 'fault', at, isOutage });
    },
    served: () => served,
    stop: () => {
      order({ type: 'stop' });
    },
    async drain(limitMs) {
      const log = nextMessage(child, "the prober's log", limitMs + 20_000, isOf('log'));
      order({ type: 'drain', limitMs });
      return log;
    },
    async end() {
      const ended = nextMessage(child, 'the prober has ended', 5000, isOf('ended'));
      order({ type: 'end' });
      await ended;
    },
  };
}
