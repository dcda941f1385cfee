import type { MemberList, Runtime } from '@failover/core';
import { mergeSources, sourcesOf } from '@failover/core';
import type { Observable } from 'rxjs';
import type { RedisConfig } from './config.ts';

/**
 * Where to begin: the Sentinels, the servers of a replication without them, or nodes of a Redis Cluster. What those
 * know beyond that comes through `rules`, as testimony.
 */
export function discover(config: RedisConfig, runtime: Runtime): Observable<MemberList> {
  return mergeSources(
    ...sourcesOf(config.sentinels, 'witness'),
    ...sourcesOf(config.servers, 'data'),
    ...sourcesOf(config.cluster, 'data'),
  )(runtime);
}
