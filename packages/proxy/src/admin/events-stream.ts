import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { merge, map } from 'rxjs';
import type { ProxyView } from '../process/proxy-view.ts';
import { wallClock } from './wall-clock.ts';

/** Readers at once; a dashboard needs one. */
const maxReaders = 16;
/** Events that may wait for one reader. A reader that is further behind is closed, and reads /topology again. */
const maxWaiting = 256;
/** ms between two signs of life, so that a reader can tell silence from a lost connection. */
const keepAliveMs = 15_000;

/** Server-sent events: all that happens, while it happens. */
export function createEventsStream(view: ProxyView): (context: Context) => Response {
  let readers = 0;
  return (context) => {
    if (readers >= maxReaders) return context.text(`${maxReaders} readers are there already\n`, 503);
    readers += 1;
    return streamSSE(context, async (stream) => {
      const waiting: { readonly event: string; readonly data: string }[] = [];
      let wake: () => void = () => undefined;
      const subscription = merge(
        ...view.clusters.map(({ name, cluster }) => cluster.events$.pipe(map((event) => ({ name, event })))),
      ).subscribe({
        next({ name, event }) {
          const data = JSON.stringify({ cluster: name, time: wallClock(view.runtime, event.at), ...event });
          waiting.push({ event: event.type, data });
          if (waiting.length > maxWaiting) stream.abort();
          wake();
        },
        complete() {
          stream.abort();
        },
      });
      stream.onAbort(() => {
        wake();
      });
      try {
        await stream.write(': failover events\n\n');
        while (!stream.aborted && !stream.closed) {
          const next = waiting.shift();
          if (next !== undefined) await stream.writeSSE(next);
          else if (await sleepUntil((awake) => (wake = awake), view, keepAliveMs))
            await stream.write(': alive\n\n');
        }
      } finally {
        subscription.unsubscribe();
        readers -= 1;
      }
    });
  };
}

/** Resolves when woken, or after `ms` with true. */
function sleepUntil(onWake: (wake: () => void) => void, view: ProxyView, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = view.runtime.after(ms, () => {
      resolve(true);
    });
    onWake(() => {
      cancel();
      resolve(false);
    });
  });
}
