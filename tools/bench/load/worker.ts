import { now, pause } from '../clock.ts';
import { outcomeOf } from './driver/driver.ts';
import type { OperationRecord } from './operation.ts';

export interface Worker {
  readonly records: readonly OperationRecord[];
  lastAckAt(): number;
  /** Invokes nothing more; resolves when what is on its way has ended. */
  stop(): Promise<void>;
  /** What has not ended by now is `unsettled`. */
  finish(): void;
}

/** What becomes of that which fell due while a worker waited; if it is dropped, then all but the latest. */
export type Backlog = 'follows' | 'dropped';

export interface WorkerPlan {
  readonly worker: number;
  readonly everyMs: number;
  readonly startAt: number;
  readonly backlog: Backlog;
}

/**
 * An open loop: operations fall due on a fixed schedule and their latency counts from there. A worker has one
 * operation under way, so that "in flight at the fault" is at most the number of workers; what falls due
 * meanwhile follows at once, unless a burst of it would disturb what is measured beside.
 */
export function startWorker(
  invoke: (value: string, sequence: number) => Promise<unknown>,
  { worker, everyMs, startAt, backlog }: WorkerPlan,
): Worker {
  const records: OperationRecord[] = [];
  let lastAckAt = -Infinity;
  let isStopping = false;
  let isFinished = false;
  let current: Omit<OperationRecord, 'endedAt' | 'outcome'> | undefined;

  const keep = (record: OperationRecord): void => {
    current = undefined;
    if (isFinished) return;
    records.push(record);
    if (record.outcome === 'ok') lastAckAt = record.endedAt;
  };

  const once = async (sequence: number): Promise<void> => {
    const scheduledAt = startAt + sequence * everyMs;
    if (scheduledAt > now()) await pause(scheduledAt - now());
    if (isStopping) return;
    const begun = { worker, value: `${String(worker)}-${String(sequence)}`, scheduledAt, invokedAt: now() };
    current = begun;
    try {
      await invoke(begun.value, sequence);
      keep({ ...begun, endedAt: now(), outcome: 'ok' });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      keep({ ...begun, endedAt: now(), outcome: outcomeOf(error), error: text.slice(0, 120) });
    }
  };

  const run = async (): Promise<void> => {
    const due = (): number => (backlog === 'dropped' ? Math.floor((now() - startAt) / everyMs) : 0);
    for (let sequence = 0; !isStopping; sequence = Math.max(sequence + 1, due())) await once(sequence);
  };

  const done = run();
  return {
    records,
    lastAckAt: () => lastAckAt,
    stop() {
      isStopping = true;
      return done;
    },
    finish() {
      if (current !== undefined) records.push({ ...current, endedAt: now(), outcome: 'unsettled' });
      isFinished = true;
    },
  };
}
