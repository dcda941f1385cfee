import type { EndpointId } from './endpoint.ts';
import type { TargetId } from './target.ts';

/** All that `reduce` can ask of the shell, as orders. */
export type Effect =
  /** Void every lease of this target on this server: connections close, unanswered operations end as unknown. */
  | {
      readonly type: 'fenceLeases';
      readonly target: TargetId;
      readonly server: EndpointId;
      readonly reason: string;
    }
  /** The target is steady: let what waits go, in a ramp. */
  | { readonly type: 'drainHold'; readonly target: TargetId }
  /** The target is given up for now: refuse what waits. */
  | { readonly type: 'refuseHold'; readonly target: TargetId; readonly reason: string }
  /** The target is no more: close its connections, refuse what waits, and keep nothing of it. */
  | { readonly type: 'forgetTarget'; readonly target: TargetId; readonly reason: string };
