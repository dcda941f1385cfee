import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { EndpointId, TopologyDescription } from '@failover/core';
import { isOutcomeUnknown, targetId } from '@failover/core';
import { Queue, QueueEvents, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RealGateway } from '../gateway/test-kit/real-gateway.ts';
import { openRealGateway } from '../gateway/test-kit/real-gateway.ts';
import { until } from '../test-kit/until.ts';
import type { RespValue } from '../protocol/value.ts';
import { itemsOf, textOf } from '../protocol/value.ts';
import { rejoin } from '../testing/index.ts';
import { createClient } from './create-client.ts';
import type { FailoverRedis } from './open-client.ts';
import type { Failover, QueueVerdict } from './test-kit/judge-queue.ts';
import { judgeQueue } from './test-kit/judge-queue.ts';
import type { QueueLoad, Stored } from './test-kit/queue-load.ts';

// Both faces go through the same three failovers of the same servers at once: launching and breaking them is what
// takes its time.

const jobs = 2000;
/** What a user sets: a lock outlives a failover and is given up soon after it. */
const lockMs = 8000;
const concurrency = 8;
const producers = 4;
const faces = ['in process', 'through the gateway'] as const;

let real: RealGateway;
let client: FailoverRedis;
let direct: Redis;
let connections: number;
const failovers: Failover[] = [];
const loads = new Map<string, QueueLoad>();
const stored = new Map<string, Stored>();

beforeAll(async () => {
  real = await openRealGateway();
  const { bed } = real;
  client = createClient({ ...bed.config, downAfterMs: 1000 });
  direct = new Redis({ port: real.ports.primary, maxRetriesPerRequest: null });
  loads.set('in process', await startQueueLoad('in-process', client.redis));
  loads.set('through the gateway', await startQueueLoad('gateway', direct));
  await allComplete(200);
  connections = real.accepted;

  const killed = await failover('kill', (primary) => bed.kill(primary));
  await allComplete(100);
  await bed.restart(killed);
  await follows(killed);

  const hung = await failover('hang', (primary) => bed.hang(primary));
  await allComplete(100);
  bed.resume(hung);
  await follows(hung);

  await failover('operator', () => until(isForced));
  await allComplete(100);

  for (const [face, load] of loads) {
    await load.produced(jobs);
    await until(async () => (await load.stored()).pending === 0);
    stored.set(face, await load.stored());
  }
}, 300_000);

afterAll(async () => {
  for (const load of loads.values()) await load[Symbol.asyncDispose]();
  await client.close();
  direct.disconnect();
  await real[Symbol.asyncDispose]();
});

/** Each face completes so many more. */
async function allComplete(more: number): Promise<void> {
  const goals = [...loads.values()].map((load) => ({ load, goal: load.completed.size + more }));
  await until(() => goals.every(({ load, goal }) => load.completed.size >= goal));
}

/** Resolves with who was primary when both faces have found the next. */
async function failover(
  fault: Failover['fault'],
  inject: (primary: EndpointId) => void | Promise<void>,
): Promise<EndpointId> {
  const primary = await real.bed.primary();
  if (primary === undefined) throw new Error('the testbed has no primary');
  await until(() => isReplicated(primary));
  const at = performance.now();
  await inject(primary);
  const hasClientMoved = (): boolean => {
    const target = client.topology.targets.get(targetId(real.bed.name, 'primary'));
    return target?.state === 'steady' && target.claim.type !== 'none' && target.claim.server !== primary;
  };
  await until(() => hasClientMoved() && real.hasSuccessorOf(primary));
  failovers.push({ fault, at, overAt: performance.now() });
  return primary;
}

/**
 * Every replica has what the primary has now. One that just returned says that it is connected and may yet have tens
 * of kB to read, which are lost when it is promoted.
 */
async function isReplicated(primary: EndpointId): Promise<boolean> {
  const { bed } = real;
  const roleOf = async (server: EndpointId): Promise<readonly RespValue[]> =>
    itemsOf(await bed.ask(server, 'ROLE')) ?? [];
  const [, offset] = await roleOf(primary);
  const replicas = await Promise.all(bed.servers.filter((server) => server !== primary).map(roleOf));
  return replicas.every(
    ([, , , link, has]) => textOf(link) === 'connected' && numberOf(has) >= numberOf(offset),
  );
}

const numberOf = (value: RespValue | undefined): number =>
  value?.type === 'integer' ? Number(value.value) : NaN;

/** The returned server is a replica, in the eyes of both faces. */
async function follows(server: EndpointId): Promise<void> {
  // Until Sentinels name the next, the returned one is the primary in their eyes.
  await until(async () => ![server, undefined].includes(await real.bed.primary()));
  await rejoin(real.bed, server);
  // A failover is over when both faces know of it; the next one begins there.
  await until(() => [client.topology, real.cluster.topology].every((seen) => isSettled(seen, server)));
}

function isSettled(topology: TopologyDescription, returned: EndpointId): boolean {
  const claim = topology.targets.get(targetId(real.bed.name, 'primary'))?.claim;
  return claim?.type === 'confirmed' && topology.servers.get(returned)?.role === 'replica';
}

/** Sentinels refuse while they still have to do with the failover before. */
const isForced = (): Promise<boolean> =>
  real.bed.forceFailover().then(
    () => true,
    () => false,
  );

describe.each(faces)('[21] BullMQ %s, through a kill, a hang and an operator’s failover', (face) => {
  let load: QueueLoad;
  let held: Stored;
  let verdict: QueueVerdict;

  beforeAll(() => {
    const [run, end] = [loads.get(face), stored.get(face)];
    if (run === undefined || end === undefined) throw new Error(`${face} did not end`);
    load = run;
    held = end;
    verdict = judgeQueue(load, held, failovers);
  });

  it('does every job that was acknowledged, and loses none but by replication', () => {
    expect(load.added.size).toBeGreaterThanOrEqual(jobs);
    expect(verdict.undone).toEqual([]);
    expect(verdict.lost.filter((excuse) => !excuse.startsWith('lost by Redis'))).toEqual([]);
    expect(verdict.lost.filter((excuse) => excuse.endsWith('operator'))).toEqual([]);
    expect(verdict.lost.length).toBeLessThanOrEqual(30);
  });

  it('runs no job twice but by BullMQ’s rule for stalled jobs, or after a completion with unknown outcome', () => {
    expect(verdict.again.filter((excuse) => excuse === 'nothing')).toEqual([]);
    // What was under way, and what had just been completed and was not replicated.
    expect(verdict.again.length).toBeLessThanOrEqual(failovers.length * concurrency * 2);
  });

  it('makes one job of an id that is added again after an unknown outcome', () => {
    // At most what each producer had under way at each fault.
    expect(load.addedAgain.length).toBeLessThanOrEqual(failovers.length * producers);
    expect(load.added.size).toBe(held.completed.size + held.failed.size + verdict.lost.length);
    expect([...load.ran.keys()].filter((id) => !load.added.has(id))).toEqual([]);
  });

  it('tells nothing but unknown outcomes of what was under way, and what BullMQ makes of them', () => {
    expect(load.errors.filter((text) => !isUnknown(text) && !isOfUnknown(text))).toEqual([]);
    // It calls failed what it could not complete: the work itself was done.
    expect([...held.failed.values()].filter((text) => !isUnknown(text))).toEqual([]);
    expect(held.failed.size).toBeLessThanOrEqual(failovers.length * concurrency);
  });

  it('keeps its connections, and hears of every completion', () => {
    expect(load.closed).toBe(0);
    expect(verdict.unheard).toEqual([]);
    if (face === 'through the gateway') expect(real.accepted).toBe(connections);
  });
});

/** In process as an error of its own, through the gateway in its words; or not executed, behind an unknown one. */
const isUnknown = (text: string): boolean =>
  /^[A-Z]+ was sent to |^OUTCOMEUNKNOWN |^TRYAGAIN failover: not executed/.test(text);

/** It was completed after all, when BullMQ wanted to call it failed; or the lock or the job itself was not replicated. */
const isOfUnknown = (text: string): boolean =>
  /^(Missing (lock|key) for job|Lock mismatch for job|Job .* is not in the active)/.test(text);

/** Producers and a worker that share one connection, as BullMQ's documentation shows it. */
async function startQueueLoad(name: string, connection: Redis): Promise<QueueLoad> {
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
  const complain = (error: Error): void => void errors.push(error.message);
  const lose = (): void => void (closed += 1);
  queue.on('error', complain).on('ioredis:close', lose);
  events.on('error', complain).on('ioredis:close', lose);
  worker.on('error', complain).on('ioredis:close', lose);
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
        queue.getJobCounts('wait', 'active', 'delayed', 'prioritized'),
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
