import { end } from '../../../process/child.ts';
import { startModule, talkWith } from '../../../process/module.ts';
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

export async function startMeter(settings: MeterSettings): Promise<Meter> {
  const child = startModule(new URL('./main.ts', import.meta.url), settings);

  const { next, ask } = talkWith<MeterOrder, MeterNews>(child, settings.name);

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
