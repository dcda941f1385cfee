import { channel } from 'node:diagnostics_channel';
import type { FailoverEvent } from '../model/index.ts';

/** What subscribers of the `failover:event` diagnostics channel are given. */
export interface DiagnosticsMessage {
  readonly backend: string;
  readonly event: FailoverEvent;
}

const events = channel('failover:event');

/** Tells tracing tools, whoever they are: costs one check while nobody listens. */
export function publishEvent(backend: string, event: FailoverEvent): void {
  if (events.hasSubscribers) events.publish({ backend, event } satisfies DiagnosticsMessage);
}
