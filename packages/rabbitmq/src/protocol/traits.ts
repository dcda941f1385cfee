import type { MethodName } from './methods.ts';

/**
 * What becomes of a method of a client that was sent and not answered when its connection or channel is lost.
 * - `again`: doing it twice is doing it once.
 * - `unknown`: it may or may not have been done, and twice is not once: its channel closes with a text that says so.
 * - `over`: the loss itself did it.
 */
export type WhenLost = 'again' | 'unknown' | 'over';

const table: Partial<Record<MethodName, WhenLost>> = {
  'channel.open': 'again',
  'channel.flow': 'again',
  'channel.close': 'over',
  'exchange.declare': 'again',
  'exchange.delete': 'again',
  'exchange.bind': 'again',
  'exchange.unbind': 'again',
  'queue.declare': 'again',
  'queue.bind': 'again',
  'queue.unbind': 'again',
  'queue.delete': 'again',
  'queue.purge': 'unknown',
  'basic.qos': 'again',
  'basic.consume': 'again',
  'basic.cancel': 'over',
  'basic.get': 'again',
  'basic.recover': 'over',
  'confirm.select': 'again',
  'tx.select': 'again',
  'tx.commit': 'unknown',
  'tx.rollback': 'over',
};

/** @example whenLost('tx.commit') // 'unknown' */
export function whenLost(name: MethodName): WhenLost {
  return table[name] ?? 'unknown';
}

/** The replies that answer each method. Everything else that a broker sends on a channel is its own word. */
const replies = new Set<MethodName>([
  'channel.open-ok',
  'channel.flow-ok',
  'channel.close-ok',
  'exchange.declare-ok',
  'exchange.delete-ok',
  'exchange.bind-ok',
  'exchange.unbind-ok',
  'queue.declare-ok',
  'queue.bind-ok',
  'queue.unbind-ok',
  'queue.delete-ok',
  'queue.purge-ok',
  'basic.qos-ok',
  'basic.consume-ok',
  'basic.cancel-ok',
  'basic.get-ok',
  'basic.get-empty',
  'basic.recover-ok',
  'confirm.select-ok',
  'tx.select-ok',
  'tx.commit-ok',
  'tx.rollback-ok',
]);

export function isReply(name: MethodName): boolean {
  return replies.has(name);
}
