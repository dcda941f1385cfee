import { concat, NEVER, of } from 'rxjs';
import type { EndpointId } from '../model/index.ts';
import type { AddressSource, MemberKind } from './address-source.ts';

/** The addresses of the configuration. */
export function staticSource(
  source: string,
  kind: MemberKind,
  endpoints: readonly EndpointId[],
): AddressSource {
  const members = endpoints.map((endpoint) => ({ endpoint, kind }));
  return () => concat(of({ type: 'members' as const, source, isFresh: true, members }), NEVER);
}
