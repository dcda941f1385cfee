import type { EndpointId } from '@failover/core';

/** Slots from the first to the last, both included. */
export type SlotRange = readonly [from: number, to: number];

/** A part of the slots, and who serves it. */
export interface Shard {
  readonly primary: EndpointId;
  /** The primary's name in the cluster, 40 hex digits. */
  readonly primaryId: string;
  readonly replicas: readonly EndpointId[];
  /** In ascending order; neighbours are one range. */
  readonly slots: readonly SlotRange[];
}
