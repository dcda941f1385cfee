import type { Epoch, Ms } from './claim.ts';
import type { EndpointId } from './endpoint.ts';
import type { Member } from './member.ts';
import type { HashRange, Role, Target, TargetId } from './target.ts';

/**
 * All that can be learnt, in the past tense. Core makes the first group from reports by itself; an adapter's
 * `rules` make the second group from the backend's own words.
 */
export type Observation =
  | { readonly type: 'serverAnswered'; readonly server: EndpointId; readonly openedAt: Ms }
  | {
      readonly type: 'serverSilent';
      readonly server: EndpointId;
      readonly openedAt: Ms;
      readonly forMs: number;
    }
  | {
      readonly type: 'serverFailed';
      readonly server: EndpointId;
      /** When the connection that failed was opened, or its attempt begun. */
      readonly openedAt: Ms;
      readonly reason: string;
    }
  /** How long it takes to answer us, as `health/round-trip` publishes it: hardly ever another number. */
  | { readonly type: 'roundTripSeen'; readonly server: EndpointId; readonly roundTripMs: number }
  | { readonly type: 'timePassed' }
  | { readonly type: 'discoveryFailed'; readonly source: string; readonly reason: string }
  /** All that one source knows now. Only a fresh list removes; a cached one only adds. */
  | {
      readonly type: 'membersSeen';
      readonly source: string;
      readonly isFresh: boolean;
      readonly members: readonly Member[];
    }
  | { readonly type: 'targetSeen'; readonly target: Target }
  | { readonly type: 'targetGone'; readonly target: TargetId }
  /** The part of a hash space that the target serves now, sorted and without overlaps. */
  | { readonly type: 'rangesSeen'; readonly target: TargetId; readonly ranges: readonly HashRange[] }
  /** What the server says of itself beside its role, in the backend's own words: an alarm, maintenance. */
  | { readonly type: 'conditionsSeen'; readonly server: EndpointId; readonly conditions: readonly string[] }
  | { readonly type: 'roleSeen'; readonly server: EndpointId; readonly shard: string; readonly role: Role }
  /** The backend chose `server` to take over; it did not yet say that it has. */
  | {
      readonly type: 'successorNamed';
      readonly target: TargetId;
      readonly server: EndpointId;
      /** When this choice was first seen. A repeat of the same choice carries the same instant. */
      readonly namedAt: Ms;
      /** The newest epoch that the witnesses named when the choice was made: the choice stands above it. */
      readonly above?: Epoch | undefined;
      readonly by: string;
    }
  /** `server` itself says that it is primary, on a connection opened at `openedAt`, and the ground holds. */
  | {
      readonly type: 'claimSeen';
      readonly target: TargetId;
      readonly server: EndpointId;
      readonly ground:
        | { readonly type: 'confirmed'; readonly epoch: Epoch }
        | { readonly type: 'provisional'; readonly namedAt: Ms };
      readonly openedAt: Ms;
    }
  /** The ground of a claim, or of a successor's nomination, is gone (abort, demotion, another server chosen). */
  | {
      readonly type: 'claimWithdrawn';
      readonly target: TargetId;
      readonly server: EndpointId;
      readonly reason: string;
    }
  /** How many witnesses can be heard, of how many that they count themselves. */
  | {
      readonly type: 'witnessesHeard';
      readonly target: TargetId;
      readonly heard: number;
      readonly of: number;
    }
  /** The witnesses were replaced and count from zero: this epoch is not comparable with the ones before. */
  | { readonly type: 'epochDomainOpened'; readonly target: TargetId; readonly epoch: Epoch };
