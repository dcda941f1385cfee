import { resentHeader } from '../gateway/message.ts';
import type { Received } from './amqp-channel.ts';

/** One copy of a message, as it came out of a queue. */
export interface Copy {
  readonly value: string;
  /** It says itself that it may have come before: as resent by the gateway, or redelivered by the broker. */
  readonly isTold: boolean;
}

export function copyOf(received: Received<'basic.deliver'> | Received<'basic.get-ok'>): Copy {
  const { method, properties, body } = received;
  const isResent = properties.headers?.[resentHeader] !== undefined;
  return { value: body.toString(), isTold: isResent || method.redelivered };
}

/**
 * What was taken, in order: copies of one value count once as long as no more than one of them comes silently. Which of
 * them comes first does not matter: the original of a resent one may have waited in a node that hung.
 */
export function countedOnce(copies: Iterable<Copy>): readonly string[] {
  const silent = new Map<string, number>();
  const values: string[] = [];
  for (const { value, isTold } of copies) {
    const before = silent.get(value);
    const isCounted = before === undefined || (!isTold && before > 0);
    if (isCounted) values.push(value);
    silent.set(value, (before ?? 0) + (isTold ? 0 : 1));
  }
  return values;
}
