import type { Cancel, EndpointId, Ms, Runtime } from '@failover/core';
import { itemsOf, textOf } from '../protocol/value.ts';
import type { RespValue } from '../protocol/value.ts';
import type { SentinelEvent } from '../sentinel-events.ts';
import { readSentinelEvent, watchedChannels, watchedPatterns } from '../sentinel-events.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import { openConnection } from './connection.ts';

export interface SubscriptionEvents {
  /** It listens from now on. What happened before it was missed: ask. */
  onSubscribed(): void;
  onEvent(event: SentinelEvent, openedAt: Ms): void;
}

/** ms between two PING on a connection that only listens: a cut that nobody announced ends it too. */
const pingEveryMs = 5000;
const answerWithinMs = 2000;
const retryMs = { first: 10, most: 1000 };

/** Listens to one Sentinel for good. Its own failures are not reported: polling tells whether the Sentinel lives. */
export function subscribeSentinel(
  endpoint: EndpointId,
  options: ConnectionOptions,
  runtime: Runtime,
  events: SubscriptionEvents,
): () => void {
  let connection: Connection | undefined;
  let cancel: Cancel = () => undefined;
  let failures = 0;

  function connect(): void {
    const opened = openConnection(endpoint, options, runtime, {
      onReady() {
        opened.tell(['SUBSCRIBE', ...watchedChannels]);
        opened.tell(['PSUBSCRIBE', ...watchedPatterns]);
        expectAnswer();
      },
      onUnasked(value) {
        hear(value, opened.openedAt);
      },
      onEnd: lose,
    });
    connection = opened;
  }

  function lose(reason: string): void {
    cancel();
    connection?.close();
    connection = undefined;
    const backoffMs =
      failures === 0 ? 0 : Math.min(retryMs.most, retryMs.first * 2 ** Math.min(failures - 1, 10));
    failures += 1;
    runtime.log('debug', 'listening to a Sentinel ended', { endpoint, reason });
    cancel = runtime.after(backoffMs * (0.8 + 0.4 * runtime.random()), connect);
  }

  function expectAnswer(): void {
    cancel();
    cancel = runtime.after(answerWithinMs, () => {
      lose(`no answer within ${answerWithinMs} ms`);
    });
  }

  function rest(): void {
    cancel();
    cancel = runtime.after(pingEveryMs * (0.8 + 0.4 * runtime.random()), () => {
      connection?.tell(['PING']);
      expectAnswer();
    });
  }

  function hear(value: RespValue, openedAt: Ms): void {
    if (value.type === 'error') {
      lose(value.text);
      return;
    }
    rest();
    const items = itemsOf(value) ?? [];
    const kind = textOf(items[0]);
    // The patterns are subscribed last, so their confirmation means that all stands.
    if (kind === 'psubscribe') {
      failures = 0;
      events.onSubscribed();
    }
    const at = kind === 'message' ? 1 : kind === 'pmessage' ? 2 : undefined;
    if (at === undefined) return;
    const event = readSentinelEvent(textOf(items[at]) ?? '', textOf(items[at + 1]) ?? '');
    if (event !== undefined) events.onEvent(event, openedAt);
  }

  connect();
  return () => {
    cancel();
    connection?.close();
  };
}
