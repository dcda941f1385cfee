import { fileURLToPath } from 'node:url';
import type { Foreign } from '@failover/testing';
import { goProgram, javaProgram, pythonProgram } from '@failover/testing';
import type { Seen } from './foreign-load.ts';

export interface ForeignClient {
  readonly name: string;
  readonly client: Foreign<Seen>;
  /** What its program is told before the port. */
  readonly args: readonly string[];
}

const here = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url));

/** Each pinned, as its package comes. */
export async function foreignClients(): Promise<readonly ForeignClient[]> {
  const python = { package: 'redis', version: '8.1.0', module: 'redis.asyncio' } as const;
  const redisPy = await pythonProgram<Seen>({ ...python, script: here('load.py') });
  const goRedis = await goProgram<Seen>({ name: 'go-redis-load', folder: here('go-redis') });
  const jedis = await javaProgram<Seen>({ name: 'jedis-5.2.0', folder: here('jedis') });
  return [
    { name: 'redis-py, sync', client: redisPy, args: ['sync'] },
    { name: 'redis-py, asyncio', client: redisPy, args: ['asyncio'] },
    { name: 'go-redis', client: goRedis, args: [] },
    { name: 'Jedis', client: jedis, args: [] },
  ];
}
