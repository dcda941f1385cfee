import type { MemberList, Runtime } from '@failover/core';
import { mergeSources, sourcesOf } from '@failover/core';
import type { Observable } from 'rxjs';
import { map } from 'rxjs';
import type { RabbitConfig } from './config.ts';

/** Where to begin: the nodes, and the management API where it is on. What that lists comes through `rules`. */
export function discover(config: RabbitConfig, runtime: Runtime): Observable<MemberList> {
  return mergeSources(
    ...sourcesOf(config.servers, 'data'),
    ...sourcesOf(config.management, 'witness'),
  )(runtime).pipe(map((list) => inAnyOrder(list, runtime.random)));
}

/** The first node that answers gets the first connections: clients that start together do not all begin with the same. */
function inAnyOrder(list: MemberList, random: () => number): MemberList {
  if (list.type === 'failed') return list;
  const drawn = list.members.map((member) => ({ member, place: random() }));
  return { ...list, members: drawn.sort((a, b) => a.place - b.place).map(({ member }) => member) };
}
