import { end } from '../../../process/child.ts';
import { nextMessage, startModule } from '../../../process/module.ts';
import type { Latencies, MeterNews, MeterOrder, MeterSettings, OpenLoad, Place, Slice } from './orders.ts';
import type { Sliced } from './slice.ts';

/** A client in a process of its own, idle but for its turns. */
export interface Meter {
  slice(place: Place, slice: Slice): Promise<Sliced>;
  openLoop(place: Place, load: OpenLoad): Promise<Latencies>;
  end(): Promise<void>;
}

const START_LIMIT_MS = 30_000;
/** ms beyond the length of a turn; a queue is filled and purged besides. */
const TURN_LIMIT_MS = 60_000;

type Kind = MeterNews['type'];
type News<T extends Kind> = Extract<MeterNews, { readonly type: T }>;

export async function startMeter(settings: MeterSettings): Promise<Meter> {
  const child = startModule(new URL('./main.ts', import.meta.url), settings);

  async function next<T extends Kind>(type: T, limitMs: number): Promise<News<T>> {
    const isIt = (message: unknown): message is News<T> | News<'failed'> =>
      typeof message === 'object' &&
      message !== null &&
      'type' in message &&
      (message.type === type || message.type === 'failed');
    const found = await nextMessage(child, `${settings.name}: ${type}`, limitMs, isIt);
    if (found.type === 'failed') throw new Error(`${settings.name}: ${(found as News<'failed'>).reason}`);
    return found as News<T>;
  }

  async function ask<T extends Kind>(order: MeterOrder, type: T, limitMs: number): Promise<News<T>> {
    const answer = next(type, limitMs);
    child.send(order);
    return answer;
  }

  await next('opened', START_LIMIT_MS);
  return {
    async slice(place, slice) {
      const { perSecond, messages } = await ask({ type: 'slice', place, slice }, 'sliced', TURN_LIMIT_MS);
      return { perSecond, messages };
    },
    async openLoop(place, load) {
      const limitMs = load.warmMs + load.lengthMs + TURN_LIMIT_MS;
      const { type: _, ...found } = await ask({ type: 'openLoop', place, load }, 'latencies', limitMs);
      return found;
    },
    end: () => end(child),
  };
}
