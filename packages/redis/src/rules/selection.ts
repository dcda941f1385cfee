import type { EndpointId, Ms } from '@failover/core';
import type { Witness } from './witness.ts';

/** A Sentinel that leads a failover chose this replica. */
export interface Selection {
  readonly server: EndpointId;
  /** When we first heard of it. */
  readonly namedAt: Ms;
  readonly by: EndpointId;
}

/** ms a choice is believed, default 3000: an election that goes well confirms within one second. */
const selectionLeaseMs = 3000;

export function isLive(selection: Selection | undefined, now: Ms): selection is Selection {
  return selection !== undefined && now < selection.namedAt + selectionLeaseMs;
}

/**
 * The choice in force after a Sentinel was heard. Only a new word makes a new choice: one that its Sentinel goes
 * on repeating does not live longer than from when it was first named.
 */
export function hearSelection(
  standing: Selection | undefined,
  before: Witness | undefined,
  after: Witness,
  now: Ms,
): Selection | undefined {
  const chosen = after.promoted;
  if (chosen === undefined || chosen === before?.promoted || after.isTilt) return standing;
  if (standing?.server === chosen && isLive(standing, now)) return standing;
  return { server: chosen, namedAt: now, by: after.endpoint };
}
