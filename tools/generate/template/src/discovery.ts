import type { MemberList } from '@failover/core';
import { of, type Observable } from 'rxjs';
import type { SampleConfig } from './config.ts';
import { memberAt } from './rules.ts';

/** Where members may be before any was asked. A configured list is never fresh: it may not remove anybody. */
export function discover({ peers }: SampleConfig): Observable<MemberList> {
  return of({ type: 'members', source: 'config', isFresh: false, members: peers.map(memberAt) });
}
