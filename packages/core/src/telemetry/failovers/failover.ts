import type { EndpointId, Epoch, Ms, TargetId } from '../../model/index.ts';

/** One switch of one target, from the first doubt until nothing waits any more. */
export interface Failover {
  readonly target: TargetId;
  /** The first doubt, on the runtime's clock. */
  readonly startedAt: Ms;
  readonly from: EndpointId | undefined;
  readonly to: EndpointId | undefined;
  /** `recovered`: the same server answered again, or others stood in. */
  readonly result: 'running' | 'switched' | 'recovered' | 'unavailable';
  readonly steps: readonly FailoverStep[];
  /** Operations that waited; of these drained, refused and cancelled. */
  readonly held: number;
  readonly drained: number;
  readonly refused: number;
  readonly cancelled: number;
  /** Operations that were under way and whose outcome nobody can know. */
  readonly unknown: number;
}

export interface FailoverStep {
  readonly type: StepType;
  /** ms since the first doubt. */
  readonly afterMs: number;
  readonly text: string;
  readonly server?: EndpointId;
  readonly epoch?: Epoch;
}

export type StepType =
  'firstDoubt' | 'evidence' | 'confirmed' | 'steady' | 'firstDrained' | 'drained' | 'unavailable';

/** Is the target still without a server that can be used? */
export function isOpen(failover: Failover): boolean {
  return failover.result === 'running' || failover.result === 'unavailable';
}
