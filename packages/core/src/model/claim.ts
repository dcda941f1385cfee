import type { EndpointId } from './endpoint.ts';

/** Milliseconds of the runtime's monotonic clock. Never wall-clock time. */
export type Ms = number;

/**
 * The backend's own number for "which primary is newer", compared from the left. Adapters build it:
 * Sentinel `[domain, configEpoch]`, a replica set `[setVersion, …electionId]`.
 */
export type Epoch = readonly number[];

/** @example compareEpoch([0, 7], [0, 6]) // 1 */
export function compareEpoch(a: Epoch, b: Epoch): -1 | 0 | 1 {
  const length = Math.max(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const left = a[at] ?? -1;
    const right = b[at] ?? -1;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/**
 * Who is believed to be primary, and on what ground.
 * - `confirmed`: the claim carries the backend's own number.
 * - `provisional`: a successor was chosen and itself says that it is primary, but the number is not yet
 *   given. It lives on a lease and never raises the confirmed epoch.
 */
export type Claim =
  | { readonly type: 'none' }
  | {
      readonly type: 'provisional';
      readonly server: EndpointId;
      readonly namedAt: Ms;
      readonly leaseEndsAt: Ms;
      /** The epoch that the choice of it stands above. */
      readonly above?: Epoch | undefined;
    }
  | { readonly type: 'confirmed'; readonly server: EndpointId; readonly epoch: Epoch };

export const noClaim: Claim = { type: 'none' };

export function claimHolder(claim: Claim): EndpointId | undefined {
  return claim.type === 'none' ? undefined : claim.server;
}
