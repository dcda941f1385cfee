import { availableOf } from '../../contender/available.ts';
import { failoverMissing, serveRedis } from '../../process/failover.ts';
import type { Entrant } from './arena.ts';

interface ShardsContender {
  readonly name: string;
  missing(): string | undefined;
  start(nodes: readonly string[]): Promise<Entrant>;
}

/** A driver with nothing between it and the nodes. */
function alone(name: string, isOurs: boolean, type: 'ioredisCluster' | 'failoverCluster'): ShardsContender {
  return {
    name,
    missing: () => undefined,
    start: (nodes) =>
      Promise.resolve({
        ...{ name, isOurs, client: { type, nodes } },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  };
}

/** A plain ioredis that knows one port of localhost and no shards, and the local process behind it. */
const failoverProcess: ShardsContender = {
  name: 'failover-process',
  missing: failoverMissing,
  async start(nodes) {
    const proxy = await serveRedis(nodes.flatMap((node) => ['--cluster', node]));
    return {
      ...{ name: 'failover-process', isOurs: true, client: { type: 'plain', port: proxy.port } },
      log: () => proxy.log(),
      [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
    };
  },
};

export const shardsContenders = (only: readonly string[] | undefined): readonly ShardsContender[] =>
  availableOf(
    [
      alone('ioredis', false, 'ioredisCluster'),
      alone('failover-in-process', true, 'failoverCluster'),
      failoverProcess,
    ],
    only,
  );
