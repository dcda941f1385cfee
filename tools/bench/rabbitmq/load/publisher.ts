import { now } from '../../clock.ts';
import { type Messenger, outcomeOf } from '../client/messenger.ts';
import { writePayload } from '../payload.ts';
import type { Publication } from './orders.ts';

/** Publishes on a fixed schedule, whatever became of what went before. */
export interface Publisher {
  readonly publications: readonly Publication[];
  /** When the latest message was published that was confirmed. */
  readonly latestConfirmed: number;
  readonly open: number;
  readonly worstLagMs: number;
  stop(): void;
}

/** What a late timer may make up for in one go: more would be a burst, and no schedule. */
const MOST_AT_ONCE = 20;

export function startPublisher(messenger: Messenger, everyMs: number): Publisher {
  const publications: Publication[] = [];
  const startAt = now();
  let latestConfirmed = -Infinity;
  let open = 0;
  let worstLagMs = 0;
  let skipped = 0;

  function publish(): void {
    const at = now();
    const index = publications.length;
    publications.push({ at, outcome: 'unsettled' });
    open += 1;
    messenger.publish(writePayload({ by: 'load', id: String(index), at })).then(
      () => {
        open -= 1;
        publications[index] = { at, endedAt: now(), outcome: 'ok' };
        latestConfirmed = Math.max(latestConfirmed, at);
      },
      (error: unknown) => {
        open -= 1;
        const text = error instanceof Error ? error.message : String(error);
        publications[index] = { at, endedAt: now(), outcome: outcomeOf(error), error: text.slice(0, 120) };
      },
    );
  }

  const timer = setInterval(() => {
    const due = Math.floor((now() - startAt) / everyMs) - publications.length - skipped;
    worstLagMs = Math.max(worstLagMs, due * everyMs);
    const count = Math.min(due, MOST_AT_ONCE);
    skipped += due - count;
    for (let each = 0; each < count; each += 1) publish();
  }, everyMs);

  return {
    publications,
    get latestConfirmed() {
      return latestConfirmed;
    },
    get open() {
      return open;
    },
    get worstLagMs() {
      return worstLagMs;
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}
