import type { Recorded } from '@failover/testing';
import { now, pause } from '../../clock.ts';
import { recordedOutcome } from './outcome.ts';

type Timing = Pick<Recorded, 'index' | 'worker' | 'process' | 'scheduledAt' | 'invokedAt'>;
type Ending = 'endedAt' | 'outcome' | 'error';

/** What an operation is, before it is known what becomes of it. */
type Kind<R> = R extends Recorded ? Omit<R, keyof Timing | Ending> : never;

/** What the answer adds; an outcome if it is not what it looks like. */
type Answer = Readonly<Record<string, unknown>>;

export interface Worker {
  readonly process: string;
  readonly worker: number;
  /** ms between two operations; undefined: the next begins as soon as one has ended. */
  readonly everyMs?: number;
  isOver(): boolean;
}

/** ms; who has no schedule must not spin on an error that comes at once. */
const AFTER_ERROR_MS = 20;

/**
 * One operation under way at a time, on a fixed schedule or one behind the other; its record is there from the start,
 * or never settles.
 */
export async function work<R extends Recorded>(
  records: (R | object)[],
  { process, worker, everyMs, isOver }: Worker,
  operate: (sequence: number) => readonly [Kind<R>, Promise<Answer>],
): Promise<void> {
  // Workers take turns, so that the load is even.
  const startAt = now() + ((everyMs ?? 0) * (worker % 8)) / 8;
  for (let sequence = 0; !isOver(); sequence++) {
    const scheduledAt = everyMs === undefined ? now() : startAt + sequence * everyMs;
    if (scheduledAt > now()) await pause(scheduledAt - now());
    if (isOver()) return;
    const timing: Timing = { index: records.length, worker, process, scheduledAt, invokedAt: now() };
    const [kind, promise] = operate(sequence);
    records.push({ ...timing, ...kind });
    const ending = await promise.then(
      (answer) => ({ endedAt: now(), outcome: 'ok' as const, ...answer }),
      (error: unknown) => ({
        endedAt: now(),
        outcome: recordedOutcome(error),
        error: String(error).slice(0, 160),
      }),
    );
    records[timing.index] = { ...timing, ...kind, ...ending };
    if (everyMs === undefined && 'error' in ending) await pause(AFTER_ERROR_MS);
  }
}

/** Nothing of the answer is worth a record. */
export const noAnswer = (): Answer => ({});
