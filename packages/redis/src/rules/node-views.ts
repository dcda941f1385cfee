import type { EndpointId, Member } from '@failover/core';
import type { ListedNode } from '../replies.ts';

/** What each node said last of itself and all others, for as long as it can be heard. */
export type NodeViews = ReadonlyMap<EndpointId, readonly ListedNode[]>;

export function myself(nodes: readonly ListedNode[] | undefined): ListedNode | undefined {
  return nodes?.find(({ isMyself }) => isMyself);
}

/**
 * A node that is known under two addresses, as `localhost` in a configuration, is one node: only the address that the
 * nodes themselves use counts.
 */
export function isAlias(views: NodeViews, server: EndpointId): boolean {
  const own = myself(views.get(server));
  if (own === undefined) return false;
  const listed = own.address ?? addressIn(views, own.id);
  return listed !== undefined && listed !== server;
}

function addressIn(views: NodeViews, id: string): EndpointId | undefined {
  for (const nodes of views.values()) {
    const address = nodes.find((node) => node.id === id && !node.isMyself)?.address;
    if (address !== undefined) return address;
  }
  return undefined;
}

export interface Listing {
  readonly members: readonly Member[];
  /** Most of those that are listed were heard: one that was reset knows nobody, and takes nobody off the list. */
  readonly isFresh: boolean;
}

/** @param shards what only nodes of shards say counts, if any was heard: another one may list who was forgotten */
export function listingOf(views: NodeViews, shards: ReadonlyMap<string, string>): Listing {
  const endpoints = new Set<EndpointId>();
  const own = [...views.values()].filter((nodes) => shards.has(myself(nodes)?.id ?? ''));
  for (const nodes of own.length > 0 ? own : views.values()) {
    for (const { address } of nodes) if (address !== undefined) endpoints.add(address);
  }
  const members = [...endpoints].sort().map((endpoint): Member => ({ endpoint, kind: 'data' }));
  return { members, isFresh: views.size * 2 > members.length };
}
