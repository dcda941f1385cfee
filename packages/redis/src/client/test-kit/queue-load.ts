import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { isOutcomeUnknown } from '@failover/core';
import { Queue, QueueEvents, Worker } from 'bullmq';
import type { Redis } from 'ioredis';

/** What one BullMQ application saw of its jobs, by their ids. Times are of `performance.now()`. */
export interface QueueLoad extends AsyncDisposable {
  /** When `queue.add` was acknowledged. */
  readonly added: ReadonlyMap<string, number>;
  /** When the worker worked on it: more than one entry if it ran more than once. */
  readonly ran: ReadonlyMap<string, readonly number[]>;
  /** When the worker's completion was acknowledged, for each run that it was. */
  readonly completed: ReadonlyMap<string, readonly number[]>;
  /** How often BullMQ itself took the job from a worker that did not renew its lock. */
  readonly stalled: ReadonlyMap<string, number>;
  /** Completed, as `QueueEvents` told. */
  readonly heard: ReadonlySet<string>;
  /** What `queue.add` rejected with before the same id was added again. */
  readonly addedAgain: readonly string[];
  /** What the worker, the queue and its events complained of. */
  readonly errors: readonly string[];
  /** How often a connection was lost. */
  readonly closed: number;
  /** Ids by the state that the server holds them in, when it is asked. */
  stored(): Promise<Stored>;
  /** Ends production, at `count` jobs at least. */
  produced(count: number): Promise<void>;
}

export interface Stored {
  readonly completed: ReadonlySet<string>;
  /** With the reason that stands there. */
  readonly failed: ReadonlyMap<string, string>;
  /** In any other state. */
  readonly pending: number;
}

/** What a user sets: a lock outlives a failover and is given up soon after it. */
export const lockMs = 8000;
export const concurrency = 8;
export const producers = 4;

/** Producers and a worker that share one connection, as BullMQ's documentation shows it. */
export async function startQueueLoad(name: string, connection: Redis): Promise<QueueLoad> {
  const added = new Map<string, number>();
  const ran = new Map<string, number[]>();
  const completed = new Map<string, number[]>();
  const stalled = new Map<string, number>();
  const heard = new Set<string>();
  const addedAgain: string[] = [];
  const errors: string[] = [];
  let closed = 0;
  let wanted = Infinity;

  const queue = new Queue(name, { connection });
  const events = new QueueEvents(name, { connection });
  const worker = new Worker(
    name,
    async (job) => {
      note(ran, job.name);
      // Some of them are always under way when a fault comes.
      await pause(5);
    },
    { connection, concurrency, lockDuration: lockMs, stalledInterval: 500 },
  );
  worker.on('completed', (job) => void note(completed, job.name));
  worker.on('stalled', (id) => void stalled.set(id, (stalled.get(id) ?? 0) + 1));
  events.on('completed', ({ jobId }) => void heard.add(jobId));
  for (const each of [queue, events, worker]) {
    each.on('error', (error: Error) => void errors.push(error.message));
    each.on('ioredis:close', () => void (closed += 1));
  }
  await Promise.all([worker.waitUntilReady(), events.waitUntilReady()]);

  /** Only the application knows that an id makes it safe to ask twice. */
  const add = async (id: string): Promise<void> => {
    for (;;) {
      try {
        await queue.add(id, {}, { jobId: id });
        added.set(id, performance.now());
        return;
      } catch (error) {
        if (!isToBeAddedAgain(error)) throw error;
        addedAgain.push(error.message);
      }
    }
  };
  const produce = async (producer: number): Promise<void> => {
    for (let at = 0; added.size < wanted; at += 1) {
      await add(`p${producer}-${at}`);
      await pause(15);
    }
  };
  const production = Promise.all(Array.from({ length: producers }, (_, at) => produce(at)));
  production.catch(() => undefined);

  return {
    added,
    ran,
    completed,
    stalled,
    heard,
    addedAgain,
    errors,
    get closed() {
      return closed;
    },
    async stored() {
      const [done, failed, counts] = await Promise.all([
        queue.getCompleted(),
        queue.getFailed(),
        queue.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'paused'),
      ]);
      return {
        completed: new Set(done.map((job) => job.name)),
        failed: new Map(failed.map((job) => [job.name, job.failedReason])),
        pending: Object.values(counts).reduce((sum, count) => sum + count, 0),
      };
    },
    async produced(count) {
      wanted = count;
      await production;
    },
    async [Symbol.asyncDispose]() {
      wanted = 0;
      await production.catch(() => undefined);
      await Promise.all([worker.close(), events.close(), queue.close()]);
    },
  };
}

function note(times: Map<string, number[]>, id: string): void {
  const known = times.get(id);
  if (known === undefined) times.set(id, [performance.now()]);
  else known.push(performance.now());
}

/** In process an error of its own, through the gateway words. */
function isToBeAddedAgain(error: unknown): error is Error {
  if (isOutcomeUnknown(error)) return true;
  return error instanceof Error && /^(OUTCOMEUNKNOWN |TRYAGAIN failover: not executed)/.test(error.message);
}
