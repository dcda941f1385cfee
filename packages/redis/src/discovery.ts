import type { MemberList } from '@failover/core';
import type { Observable } from 'rxjs';
import { NEVER, concat, of } from 'rxjs';
import type { RedisConfig } from './config.ts';

/**
 * Where to begin: the Sentinels, or the servers of a replication without them. What Sentinels know beyond that
 * comes through `rules`, as testimony.
 */
export function discover(config: RedisConfig): Observable<MemberList> {
  const seeds: MemberList = {
    type: 'members',
    source: 'config',
    isFresh: true,
    members: [
      ...config.sentinels.map((endpoint) => ({ endpoint, kind: 'witness' as const })),
      ...config.servers.map((endpoint) => ({ endpoint, kind: 'data' as const })),
    ],
  };
  // It has nothing more to say, and says so by staying open: the end of a source is not the end of its members.
  return concat(of(seeds), NEVER);
}
