import { setMaxListeners } from 'node:events';
import { seededRandom } from '@failover/core/virtual';
import type { OperationRecord, RecordedOutcome } from '../history/index.ts';
import { elapse, type WorkloadClock } from './clock.ts';
import type { Operations } from './operations.ts';
import { perform, type Settled } from './perform.ts';
import { defaultMix, planOperations, type Mix } from './plan.ts';

export interface WorkloadOptions {
  readonly clock: WorkloadClock;
  readonly seed: number;
  /** Which client program this is, for the records. */
  readonly process: string;
  readonly workers: number;
  /** A client for each worker, or the same for all. */
  readonly operations: (worker: number) => Operations;
  /** Of all workers together. */
  readonly operationsPerSecond: number;
  readonly durationMs: number;
  /** Ends it early: nothing new is begun, what is under way may settle. */
  readonly signal?: AbortSignal;
  readonly mix?: Partial<Mix>;
  /** Stands in front of each key, so that runs do not meet. Default none. */
  readonly prefix?: string;
  /** Lists in use at a time, shared by all workers, default 4. */
  readonly lists?: number;
  /** Default 2. */
  readonly counters?: number;
  /** Default 500: a list that is read whole must stay short. */
  readonly appendsPerList?: number;
  /** Unsettled operations of one worker, default 64; beyond that its schedule waits, and its latency tells. */
  readonly inFlightPerWorker?: number;
  /** How long operations may take after the last was begun, default 30 s; then their signal aborts. */
  readonly settleMs?: number;
  /** How long they may then take to heed it, default 2 s. What has not settled by then never will. */
  readonly abortMs?: number;
  /** Called once for each operation, when it settled or was given up. */
  readonly record: (record: OperationRecord) => void;
}

export interface WorkloadResult {
  /** By the schedule: scheduled = invoked + notInvoked. */
  readonly scheduled: number;
  /** invoked = settled + unsettled. */
  readonly invoked: number;
  readonly settled: number;
  readonly unsettled: number;
  /** They were due, but their worker had too much in flight until the end. */
  readonly notInvoked: number;
  readonly outcomes: Readonly<Record<RecordedOutcome, number>>;
}

/**
 * Open-loop load: operations are due by a fixed schedule, whether or not the ones before have come back, and
 * are timed from the instant at which they were due. Every promise is accounted for.
 */
export async function runWorkload(options: WorkloadOptions): Promise<WorkloadResult> {
  const { clock, workers, operationsPerSecond, signal } = options;
  const { inFlightPerWorker = 64, settleMs = 30_000, abortMs = 2_000 } = options;
  const outcomes = { ok: 0, refused: 0, unknown: 0, error: 0 };
  const inFlight = new Set<OperationRecord>();
  const abort = new AbortController();
  const idle = new AbortController();
  // As many listeners as there are operations in flight is no leak.
  setMaxListeners(0, abort.signal);
  const startedAt = clock.now();
  const endsAt = startedAt + options.durationMs;
  const intervalMs = (workers * 1_000) / operationsPerSecond;
  let nextIndex = 0;
  let isOver = signal?.aborted ?? false;

  function settle(record: OperationRecord, { outcome, details }: Settled): void {
    // Given up already, and recorded so.
    if (!inFlight.delete(record)) return;
    outcomes[outcome] += 1;
    options.record({ ...record, ...details, endedAt: clock.now(), outcome } as OperationRecord);
    if (isOver && inFlight.size === 0) idle.abort();
  }

  function startWorker(worker: number) {
    const operations = options.operations(worker);
    const plan = planOperations({
      random: seededRandom(options.seed * 1_000_003 + worker),
      worker,
      prefix: options.prefix ?? '',
      mix: { ...defaultMix, ...options.mix },
      lists: options.lists ?? 4,
      counters: options.counters ?? 2,
      appendsPerList: options.appendsPerList ?? 500,
    });
    let invoked = 0;
    let unsettled = 0;
    let cancel: () => void = () => undefined;

    // Workers take turns, so that the load is even.
    const dueAt = (position: number): number => startedAt + (position + worker / workers) * intervalMs;
    const isDue = (position: number, now: number): boolean =>
      dueAt(position) <= now && dueAt(position) < endsAt;

    function invoke(): void {
      const planned = plan();
      const record = {
        index: nextIndex,
        worker,
        process: options.process,
        ...planned,
        scheduledAt: dueAt(invoked),
        invokedAt: clock.now(),
      } as OperationRecord;
      nextIndex += 1;
      invoked += 1;
      unsettled += 1;
      inFlight.add(record);
      void perform(operations, planned, abort.signal).then((settled) => {
        unsettled -= 1;
        settle(record, settled);
        pump();
      });
    }

    function pump(): void {
      cancel();
      if (isOver) return;
      const now = clock.now();
      while (isDue(invoked, now) && unsettled < inFlightPerWorker) invoke();
      // With too much in flight, the next that settles goes on here.
      if (dueAt(invoked) > now && dueAt(invoked) < endsAt) cancel = clock.after(dueAt(invoked) - now, pump);
    }

    return {
      pump,
      stop: () => cancel(),
      get invoked() {
        return invoked;
      },
      scheduledBy(now: number) {
        let position = invoked;
        while (isDue(position, now)) position += 1;
        return position;
      },
    };
  }

  const running = Array.from({ length: workers }, (_, worker) => startWorker(worker));
  for (const { pump } of running) pump();
  await elapse(clock, options.durationMs, signal);
  for (const { pump } of running) pump();
  isOver = true;
  for (const { stop } of running) stop();

  const endedAt = clock.now();
  const scheduled = running.reduce((sum, worker) => sum + worker.scheduledBy(endedAt), 0);
  const invoked = running.reduce((sum, worker) => sum + worker.invoked, 0);
  if (inFlight.size === 0) idle.abort();
  await elapse(clock, settleMs, idle.signal);
  abort.abort(new Error('the workload is over'));
  await elapse(clock, abortMs, idle.signal);

  const unsettled = inFlight.size;
  for (const record of inFlight) options.record(record);
  inFlight.clear();
  return {
    scheduled,
    invoked,
    settled: invoked - unsettled,
    unsettled,
    notInvoked: scheduled - invoked,
    outcomes,
  };
}
