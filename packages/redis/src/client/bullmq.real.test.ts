import { Queue, QueueEvents, Worker } from 'bullmq';
import { expect, it } from 'vitest';
import { isOutcomeUnknown } from '@failover/core';
import { launchCluster } from '../testing/index.ts';
import { createClient } from './create-client.ts';

it('[21] keeps a BullMQ worker consuming through the death of the primary', async () => {
  await using bed = await launchCluster();
  await using client = createClient({ ...bed.config, downAfterMs: 1000 });
  const connection = client.redis;
  const done = new Set<string>();
  const errors: string[] = [];
  const queue = new Queue('work', { connection });
  const events = new QueueEvents('work', { connection });
  const worker = new Worker<{ readonly at: number }, number>(
    'work',
    async (job) => {
      done.add(job.name);
      return Promise.resolve(job.data.at * 2);
    },
    { connection, concurrency: 4 },
  );
  const complain = (error: Error) => void errors.push(error.message);
  queue.on('error', complain);
  events.on('error', complain);
  worker.on('error', complain);
  // Fifty jobs are waited for at once.
  events.setMaxListeners(0);
  queue.setMaxListeners(0);
  await Promise.all([worker.waitUntilReady(), events.waitUntilReady()]);

  const before = await queue.addBulk(
    Array.from({ length: 50 }, (_, at) => ({ name: `a${at}`, data: { at } })),
  );
  const results = await Promise.all(
    before.map((job) => job.waitUntilFinished(events, 10_000) as Promise<number>),
  );
  expect(results).toEqual(Array.from({ length: 50 }, (_, at) => at * 2));

  const primary = await bed.primary();
  if (primary === undefined) throw new Error('the testbed has no primary');
  bed.kill(primary);
  for (let at = 0; at < 50; at += 1) {
    const add = () => queue.add(`b${at}`, { at }, { jobId: `b${at}` });
    // Only the application knows that an id makes this safe to ask twice.
    await add().catch((error: unknown) => (isOutcomeUnknown(error) ? add() : Promise.reject(error as Error)));
  }
  const limit = performance.now() + 15_000;
  while (![...Array(50).keys()].every((at) => done.has(`b${at}`))) {
    if (performance.now() > limit) throw new Error(`only ${done.size} jobs, errors: ${errors.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  // Blocking calls that were waiting at the dead server are the only ones that may complain.
  expect(errors.filter((error) => !/^(BZPOPMIN|XREAD|EVALSHA|EVAL|EXEC) was sent/.test(error))).toEqual([]);
  await Promise.all([worker.close(), events.close(), queue.close()]);
});
