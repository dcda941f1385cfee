import type { FailoverNews, Observation, ServerDescription, TopologyDescription } from '../model/index.ts';
import { unknownServer } from '../model/index.ts';

type MembersSeen = Extract<Observation, { readonly type: 'membersSeen' }>;

export interface MembershipChange {
  readonly servers: TopologyDescription['servers'];
  readonly removed: readonly ServerDescription[];
  readonly news: readonly FailoverNews[];
}

/**
 * Who belongs. A member stays as long as one source lists it; only a fresh list takes it off that source, so a
 * failed or cached answer never removes anybody. Returns undefined if nothing changed.
 */
export function seeMembers(topology: TopologyDescription, seen: MembersSeen): MembershipChange | undefined {
  const listed = new Set(seen.members.map((member) => member.endpoint));
  let { servers } = topology;
  const removed: ServerDescription[] = [];
  const news: FailoverNews[] = [];
  for (const member of seen.members) {
    const known = servers.get(member.endpoint);
    if (known?.listedBy.includes(seen.source) === true) continue;
    const server = known ?? unknownServer(member.endpoint, member.kind, member.zone);
    servers = servers.with(member.endpoint, { ...server, listedBy: [...server.listedBy, seen.source] });
    if (known === undefined) news.push({ type: 'memberAdded', server: member.endpoint, kind: member.kind });
  }
  if (seen.isFresh) {
    for (const server of topology.servers.values()) {
      if (listed.has(server.endpoint) || !server.listedBy.includes(seen.source)) continue;
      const listedBy = server.listedBy.filter((source) => source !== seen.source);
      if (listedBy.length > 0) {
        servers = servers.with(server.endpoint, { ...server, listedBy });
        continue;
      }
      servers = servers.without(server.endpoint);
      removed.push(server);
      news.push({ type: 'memberRemoved', server: server.endpoint });
    }
  }
  return servers === topology.servers ? undefined : { servers, removed, news };
}
