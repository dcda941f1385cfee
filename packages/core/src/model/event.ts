import type { Epoch, Ms } from './claim.ts';
import type { EndpointId } from './endpoint.ts';
import type { Availability } from './server-description.ts';
import type { HashRange, Role, TargetId } from './target.ts';
import type { FailoverState } from './topology-description.ts';

/** What happened, for people and logs. `at` is the runtime's clock in ms. Carries no secret and no user data. */
export type FailoverEvent = { readonly at: Ms } & FailoverNews;

export type FailoverNews =
  | { readonly type: 'memberAdded'; readonly server: EndpointId; readonly kind: 'data' | 'witness' }
  | { readonly type: 'memberRemoved'; readonly server: EndpointId }
  | {
      readonly type: 'availabilityChanged';
      readonly server: EndpointId;
      readonly from: Availability;
      readonly to: Availability;
      readonly reason: string;
    }
  | {
      readonly type: 'conditionsChanged';
      readonly server: EndpointId;
      readonly conditions: readonly string[];
    }
  | {
      readonly type: 'rangesChanged';
      readonly target: TargetId;
      readonly ranges: readonly HashRange[];
    }
  | { readonly type: 'roleChanged'; readonly server: EndpointId; readonly from: Role; readonly to: Role }
  | {
      readonly type: 'stateChanged';
      readonly target: TargetId;
      readonly from: FailoverState;
      readonly to: FailoverState;
      readonly server?: EndpointId;
      readonly reason: string;
    }
  | {
      readonly type: 'successorNamed';
      readonly target: TargetId;
      readonly server: EndpointId;
      readonly by: string;
    }
  | {
      readonly type: 'claimAccepted';
      readonly target: TargetId;
      readonly server: EndpointId;
      readonly strength: 'provisional' | 'confirmed';
      readonly epoch?: Epoch;
    }
  | {
      readonly type: 'claimWithdrawn';
      readonly target: TargetId;
      readonly server: EndpointId;
      readonly reason: string;
    }
  | {
      readonly type: 'staleEvidence';
      readonly target: TargetId;
      readonly server: EndpointId;
      readonly epoch: Epoch;
      readonly newest: Epoch;
    }
  | { readonly type: 'minoritySeen'; readonly target: TargetId; readonly heard: number; readonly of: number }
  | { readonly type: 'majoritySeen'; readonly target: TargetId; readonly heard: number; readonly of: number }
  | { readonly type: 'epochDomainOpened'; readonly target: TargetId; readonly epoch: Epoch }
  | { readonly type: 'discoveryFailed'; readonly source: string; readonly reason: string }
  | { readonly type: 'monitorRestarted'; readonly server: EndpointId; readonly reason: string }
  | { readonly type: 'ownStall'; readonly forMs: number }
  | { readonly type: 'holdOpened'; readonly target: TargetId }
  | { readonly type: 'firstDrained'; readonly target: TargetId; readonly afterMs: number }
  | {
      readonly type: 'holdClosed';
      readonly target: TargetId;
      readonly forMs: number;
      readonly held: number;
      readonly drained: number;
      readonly evicted: number;
      readonly cancelled: number;
    }
  | {
      readonly type: 'outcomesUnknown';
      readonly target: TargetId;
      readonly server: EndpointId;
      readonly count: number;
      readonly reason: string;
    }
  /** A client's subscriptions were with nobody: what was published between both times, of the runtime's clock, it missed. */
  | {
      readonly type: 'subscriptionGap';
      readonly target: TargetId;
      /** Where they stand again. */
      readonly server: EndpointId;
      readonly subscriptions: number;
      readonly from: Ms;
      readonly to: Ms;
    }
  /** A client did not read what it asked for, and was closed. Told of one, with how many were closed since the last. */
  | {
      readonly type: 'slowClientsClosed';
      readonly target: TargetId;
      readonly address: string;
      readonly unreadBytes: number;
      readonly count: number;
    }
  /** What was unknown goes again, because the backend or the user declared it at least once. */
  | {
      readonly type: 'operationsResent';
      readonly target: TargetId;
      readonly server: EndpointId;
      readonly count: number;
      readonly reason: string;
    };
