import type { Epoch } from './claim.ts';
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
  /** The highest epoch that was confirmed when it was granted: what an unknown outcome is reported with. */
  readonly epoch: Epoch | undefined;
  /** Aborts when the lease is fenced; the reason is a FailoverError. */
  readonly fenced: AbortSignal;
}
