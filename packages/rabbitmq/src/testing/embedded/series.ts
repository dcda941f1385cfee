import type { Broker } from './broker.ts';

/**
 * Before 4.0 a durable queue whose home node is down is not there: nothing is routed to it, and whoever asks for it
 * is told where it is. Since then whoever asks waits, and what is published to it is refused.
 */
export function hidesLostQueues({ settings }: Broker): boolean {
  return Number.parseInt(settings.version, 10) < 4;
}
