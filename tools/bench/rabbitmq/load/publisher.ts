import { now } from '../../clock.ts';
import { type Messenger, outcomeOf } from '../client/messenger.ts';
import { writePayload } from '../payload.ts';
import type { Pace, Publication } from './orders.ts';

/** Publishes at a pace, and keeps what became of each message. */
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
/** ms before the place in flight of a message that failed is taken by another: else a client without a node spins. */
const AFTER_ERROR_MS = 100;

export function startPublisher(messenger: Messenger, pace: Pace): Publisher {
  const publications: Publication[] = [];
  let latestConfirmed = -Infinity;
  let open = 0;
  let worstLagMs = 0;

  function publish(onEnd: (isConfirmed: boolean) => void = () => undefined): void {
    const at = now();
    const index = publications.length;
    publications.push({ at, outcome: 'unsettled' });
    open += 1;
    messenger.publish(writePayload({ by: 'load', id: String(index), at })).then(
      () => {
        open -= 1;
        publications[index] = { at, endedAt: now(), outcome: 'ok' };
        latestConfirmed = Math.max(latestConfirmed, at);
        onEnd(true);
      },
      (error: unknown) => {
        open -= 1;
        const text = error instanceof Error ? error.message : String(error);
        publications[index] = { at, endedAt: now(), outcome: outcomeOf(error), error: text.slice(0, 120) };
        onEnd(false);
      },
    );
  }

  function keepTime(everyMs: number): () => void {
    const startAt = now();
    let skipped = 0;
    const timer = setInterval(() => {
      const due = Math.floor((now() - startAt) / everyMs) - publications.length - skipped;
      worstLagMs = Math.max(worstLagMs, due * everyMs);
      const count = Math.min(due, MOST_AT_ONCE);
      skipped += due - count;
      for (let each = 0; each < count; each += 1) publish();
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }

  function keepFull(inFlight: number): () => void {
    let isStopped = false;
    const next = (): void => {
      if (isStopped) return;
      publish((isConfirmed) => {
        if (isConfirmed) next();
        else setTimeout(next, AFTER_ERROR_MS);
      });
    };
    for (let each = 0; each < inFlight; each += 1) next();
    return () => {
      isStopped = true;
    };
  }

  const stop = pace.type === 'every' ? keepTime(pace.ms) : keepFull(pace.inFlight);

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
    stop,
  };
}
