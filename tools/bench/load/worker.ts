import { now, pause } from '../clock.ts';
import { type Driver, outcomeOf } from './driver/driver.ts';
import type { OperationRecord } from './operation.ts';

export interface Worker {
  readonly records: readonly OperationRecord[];
  lastAckAt(): number;
  /** Invokes nothing more; resolves when what is on its way has ended. */
  stop(): Promise<void>;
  /** What has not ended by now is `unsettled`. */
  finish(): void;
}

/**
 * An open loop: operations fall due on a fixed schedule and their latency counts from there. A worker has one
 * operation under way, so that "in flight at the fault" is at most the number of workers; what falls due
 * meanwhile follows at once.
 */
export function startWorker(
  driver: Driver,
  worker: number,
  key: string,
  everyMs: number,
  startAt: number,
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
      await driver.rpush(key, begun.value);
      keep({ ...begun, endedAt: now(), outcome: 'ok' });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      keep({ ...begun, endedAt: now(), outcome: outcomeOf(error), error: text.slice(0, 120) });
    }
  };

  const run = async (): Promise<void> => {
    for (let sequence = 0; !isStopping; sequence++) await once(sequence);
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
