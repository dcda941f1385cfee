import { fileURLToPath } from 'node:url';
import { pythonProgram } from '@failover/testing';
import { startLoader } from '../../load/load.ts';
import { type ForeignLine, foreignLoader } from '../load/foreign-loader.ts';
import type { Contender } from './contender.ts';

/** A driver of Node with nothing between it and the nodes. */
export function driverAlone(
  name: string,
  type: 'ioredisCluster' | 'failoverCluster' | 'direct',
  isOurs: boolean,
): Contender {
  return {
    name,
    isOurs,
    missing: () => undefined,
    async start({ testbed }) {
      const loader = await startLoader(name, { type, nodes: testbed.config.cluster });
      return { loader, [Symbol.asyncDispose]: () => loader.end() };
    },
  };
}

/** What the machine itself does to the other shards: an election, and one server less. */
export const direct: Contender = { ...driverAlone('direct', 'direct', false), isControl: true };

export const ioredisCluster = driverAlone('ioredis-cluster', 'ioredisCluster', false);

/** redis-py's own `RedisCluster`, with threads. */
export async function redisPyCluster(): Promise<Contender> {
  const program = await pythonProgram<ForeignLine>({
    package: 'redis',
    version: '8.1.0',
    module: 'redis.cluster',
    script: fileURLToPath(new URL('../load/load.py', import.meta.url)),
  });
  return {
    name: 'redis-py-cluster',
    isOurs: false,
    missing: () => (program.type === 'missing' ? `${program.reason} (${program.cure})` : undefined),
    start({ testbed }) {
      if (program.type === 'missing') return Promise.reject(new Error(program.reason));
      const loader = foreignLoader(program, testbed.config.cluster);
      return Promise.resolve({ loader, [Symbol.asyncDispose]: () => loader.end() });
    },
  };
}
