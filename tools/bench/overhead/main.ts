import type { Redis } from 'ioredis';
import { now } from '../clock.ts';
import type { DriverSpec } from '../load/driver/driver.ts';
import { openFailover } from '../load/driver/failover.ts';
import { openIoredis } from '../load/driver/ioredis.ts';
import { dieWithParent, toParent } from '../process/module.ts';
import type { Shape, SliceDone, SliceOrder } from './shape.ts';

const BATCH = 100;
const VALUE = 'x'.repeat(64);

dieWithParent();
/** @throws Error for a client that is no ioredis: nothing else can be compared call by call */
function open(spec: DriverSpec): Redis {
  switch (spec.type) {
    case 'plain':
    case 'ioredisSentinel':
      return openIoredis(spec);
    case 'failoverInProcess':
      return openFailover(spec);
    case 'nodeRedisSentinel':
      throw new Error('node-redis is no ioredis');
    case 'direct':
    case 'ioredisCluster':
    case 'failoverCluster':
      throw new Error('a Cluster is no Redis');
  }
}

const redis = open(JSON.parse(process.argv[2] ?? '{}') as DriverSpec);
redis.on('error', () => undefined);
await redis.set('overhead', VALUE);

/** One round of a shape, half SET and half GET; returns how many commands it had. */
async function turn(client: Redis, shape: Shape, sequence: number): Promise<number> {
  switch (shape) {
    case 'single':
      await (sequence % 2 === 0 ? client.set('overhead', VALUE) : client.get('overhead'));
      return 1;
    case 'all100':
      await Promise.all(
        Array.from({ length: BATCH }, (_, index) =>
          index % 2 === 0 ? client.set('overhead', VALUE) : client.get('overhead'),
        ),
      );
      return BATCH;
    case 'pipeline100': {
      const pipeline = client.pipeline();
      for (let index = 0; index < BATCH; index += 2) pipeline.set('overhead', VALUE).get('overhead');
      const replies = await pipeline.exec();
      if (replies?.length !== BATCH) throw new Error('a pipeline lost replies');
      return BATCH;
    }
  }
}

async function slice({ shape, lengthMs }: SliceOrder): Promise<SliceDone> {
  const startedAt = now();
  let operations = 0;
  for (let sequence = 0; now() - startedAt < lengthMs; sequence++)
    operations += await turn(redis, shape, sequence);
  return { type: 'done', operationsPerSecond: (operations * 1000) / (now() - startedAt) };
}

process.on('message', (order: SliceOrder) => {
  void slice(order).then(toParent);
});
await toParent({ type: 'ready' });
