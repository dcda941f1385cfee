import { endpointOf, type EndpointId } from '@failover/core';
import type { SlotRange } from './shard.ts';

/** What one node knows of another, or of itself: a line of `CLUSTER NODES`. */
export interface KnownNode {
  readonly id: string;
  /** `undefined` while it is not known. */
  readonly address: EndpointId | undefined;
  readonly flags: ReadonlySet<string>;
  /** Whom it replicates. */
  readonly primaryId: string | undefined;
  readonly epoch: number;
  readonly slots: readonly SlotRange[];
  /** Slots on their way from or to it; each node says it of itself alone. */
  readonly openSlots: readonly number[];
}

/**
 * `id ip:port@bus[,name] flags primary ping pong epoch link slot…`, one line for each node. Slots on their way, in
 * brackets, still belong to who has them.
 */
export function parseClusterNodes(text: string): readonly KnownNode[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(' '))
    .filter(([id]) => id !== '')
    .map(([id = '', address = '', flags = '', primaryId = '-', , , epoch = '', , ...slots]) => ({
      id,
      address: parseAddress(address),
      flags: new Set(flags.split(',')),
      primaryId: primaryId === '-' ? undefined : primaryId,
      epoch: Number(epoch),
      slots: slots.filter((slot) => !slot.startsWith('[')).map(parseRange),
      openSlots: slots.filter((slot) => slot.startsWith('[')).map((slot) => Number.parseInt(slot.slice(1))),
    }));
}

function parseAddress(text: string): EndpointId | undefined {
  const [, host, port] = /^(.+):(\d+)@/.exec(text) ?? [];
  return host === undefined || port === '0' ? undefined : endpointOf(host, Number(port));
}

function parseRange(text: string): SlotRange {
  const [from = Number.NaN, to = from] = text.split('-').map(Number);
  return [from, to];
}
