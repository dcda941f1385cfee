import { now, pause, within } from '../../clock.ts';
import { connectMessenger } from '../client/connect.ts';
import { type Publisher, startPublisher } from './publisher.ts';
import { readPayload } from '../payload.ts';
import type { Delivery, Latest, LoadLog, LoadSettings, Pace } from './orders.ts';

/** ms without a delivery after which a consumer is taken to have nothing more to do. */
const IDLE_MS = 300;
/** ms; a client that does not close by then is cut off with its process. */
const CLOSE_LIMIT_MS = 3000;

/** One application of one run: a publisher and a consumer. */
export interface LoadSession {
  publish(pace: Pace): void;
  latest(): Latest;
  stop(): void;
  crashed(reason: string): void;
  /** Waits until all is settled, for so long, and closes. */
  finish(settleMs: number): Promise<LoadLog>;
  close(): Promise<void>;
}

export async function openSession(settings: LoadSettings): Promise<LoadSession> {
  const deliveries: Delivery[] = [];
  const crashes: string[] = [];
  let latestDelivered = -Infinity;
  const closings: string[] = [];
  let isClosing = false;
  let publisher: Publisher | undefined;

  const messenger = await connectMessenger(settings.spec, {
    ...settings,
    onArrival({ text, redelivered, resent }) {
      const { by, id, at: publishedAt } = readPayload(text);
      deliveries.push({ by, id, publishedAt, at: now(), redelivered, resent });
      latestDelivered = Math.max(latestDelivered, publishedAt);
    },
    onClosed(reason) {
      if (!isClosing) closings.push(reason instanceof Error ? reason.message : String(reason));
    },
  });

  async function close(): Promise<void> {
    isClosing = true;
    publisher?.stop();
    await within(
      CLOSE_LIMIT_MS,
      messenger.close().catch(() => undefined),
    );
  }

  return {
    publish(pace) {
      publisher = startPublisher(messenger, pace);
    },
    latest: () => ({ confirmed: publisher?.latestConfirmed ?? -Infinity, delivered: latestDelivered }),
    stop: () => publisher?.stop(),
    crashed: (reason) => void crashes.push(reason),
    async finish(settleMs) {
      const endAt = now() + settleMs;
      while (publisher !== undefined && publisher.open > 0 && now() < endAt) await pause(20);
      while (now() - (deliveries.at(-1)?.at ?? 0) < IDLE_MS && now() < endAt) await pause(20);
      const publications = [...(publisher?.publications ?? [])];
      const told = messenger.told?.();
      const seen = [...closings];
      await close();
      return {
        publications,
        deliveries,
        closings: seen,
        crashes,
        told,
        worstLagMs: publisher?.worstLagMs ?? 0,
      };
    },
    close,
  };
}
