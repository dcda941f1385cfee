import type { EndpointId, Member } from '@failover/core';
import type { Witness, Witnesses } from './witness.ts';

/** All that the Sentinels that can be heard list, themselves included, in a stable order. */
export function membersOf(witnesses: Witnesses): readonly Member[] {
  const members = new Map<EndpointId, Member>();
  const add = (endpoint: EndpointId, kind: Member['kind']): void => {
    members.set(endpoint, { endpoint, kind });
  };
  for (const witness of witnesses.values()) {
    if (!isListing(witness)) continue;
    add(witness.endpoint, 'witness');
    for (const peer of witness.peers ?? []) add(peer.address, 'witness');
    if (witness.master !== undefined) add(witness.master.address, 'data');
    for (const replica of witness.replicas ?? []) add(replica.address, 'data');
  }
  return [...members.values()].sort((a, b) => (a.endpoint < b.endpoint ? -1 : 1));
}

/** Did all that can be heard tell all that they know? A list that is not whole yet must remove nobody. */
export function isComplete(witnesses: Witnesses): boolean {
  return [...witnesses.values()]
    .filter(isListing)
    .every((witness) => witness.replicas !== undefined && witness.peers !== undefined);
}

function isListing(witness: Witness): boolean {
  return witness.isHeard && witness.master !== undefined;
}
