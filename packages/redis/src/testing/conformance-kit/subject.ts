import { isFailoverError } from '@failover/core';
import type { Operations } from '@failover/testing';
import type { ConformanceSubject, OperationsContext, Testbed } from '@failover/testing/conformance';
import { Redis } from 'ioredis';
import { adapter } from '../../adapter.ts';
import { createEngine } from '../../client/engine.ts';
import { createSteer } from '../../client/steer.ts';
import type { RedisConfig } from '../../config.ts';
import type { RedisReply } from '../../replies.ts';
import type { RulesState } from '../../rules.ts';

/** What the conformance kit puts to the test: the adapter, and the client in process. */
export function conformanceSubject(
  testbed: Testbed,
): ConformanceSubject<RedisConfig, RedisReply, RulesState> {
  return {
    adapter,
    testbed,
    invalidConfigs: [
      undefined,
      {},
      { sentinels: [], name: 'mymaster' },
      { sentinels: ['127.0.0.1:26379'] },
      { sentinels: ['no where'], name: 'mymaster' },
      { servers: ['127.0.0.1:6379'], sentinels: ['127.0.0.1:26379'], name: 'mymaster' },
      { servers: ['127.0.0.1:6379'], unknownOption: true },
    ],
    createOperations: (context) => Promise.resolve(operations(context)),
  };
}

function operations({
  cluster,
  config,
  runtime,
}: OperationsContext<RedisConfig>): Operations & AsyncDisposable {
  const engine = createEngine({ cluster, config, runtime, continueAfterUnknown: true });
  const redis = new Redis({ Connector: createSteer(engine, () => false) });
  return {
    append: async (list, value) => void (await redis.rpush(list, value)),
    increment: async (counter) => void (await redis.incr(counter)),
    read: async (list) => ({ values: await redis.lrange(list, 0, -1) }),
    readCounter: async (counter) => ({ count: Number(await redis.get(counter)) }),
    outcomeOf(error) {
      if (!isFailoverError(error)) return { outcome: 'error' };
      return { outcome: error.code === 'outcome-unknown' ? 'unknown' : 'refused', error: error.code };
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      engine.close();
      await Promise.resolve();
    },
  };
}
