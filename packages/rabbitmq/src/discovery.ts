import type { MemberList, Runtime } from '@failover/core';
import { mergeSources, sourcesOf } from '@failover/core';
import type { Observable } from 'rxjs';
import type { RabbitConfig } from './config.ts';

/** Where to begin: the nodes, and the management API where it is on. What that lists comes through `rules`. */
export function discover(config: RabbitConfig, runtime: Runtime): Observable<MemberList> {
  return mergeSources(
    ...sourcesOf(config.servers, 'data'),
    ...sourcesOf(config.management, 'witness'),
  )(runtime);
}
