import type { Claim } from './claim.ts';
import type { EndpointId } from './endpoint.ts';
import type { TargetId } from './target.ts';

/**
 * Leave to talk to one server about one target. Prebuilt once for each server and fence, so taking one
 * allocates nothing. Void from the moment it is fenced: close the connections that were opened under it.
 */
export interface Lease {
  readonly target: TargetId;
  readonly server: EndpointId;
  readonly fence: number;
  readonly claim: Claim;
  /** Aborts when the lease is fenced; the reason is a FailoverError. */
  readonly fenced: AbortSignal;
}
