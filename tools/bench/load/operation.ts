/**
 * `refused`: the error proves that nothing was executed. `unknown`: it may or may not have happened, said so or
 * left open by an error that does not tell. `unsettled`: no answer at all before the run ended.
 */
export type Outcome = 'ok' | 'refused' | 'unknown' | 'unsettled';

/** One operation of one worker; times of the shared monotonic clock, in ms. */
export interface OperationRecord {
  readonly worker: number;
  readonly value: string;
  readonly scheduledAt: number;
  readonly invokedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
  readonly error?: string;
}
