import { isFailoverError } from '@failover/core';
import type { Operations } from '@failover/testing';
import type { ConformanceSubject, OperationsContext, Testbed } from '@failover/testing/conformance';
import type { ConfirmChannel } from 'amqplib';
import { adapter } from '../../adapter.ts';
import { openModelOver } from '../../client/open-model-over.ts';
import type { RabbitConfig } from '../../config.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import type { RabbitReply } from '../../replies.ts';
import type { RulesState } from '../../rules.ts';
import { cannotRead, keyQueue, NotPublishedError, tokens } from '../workload.ts';

/** What the conformance kit puts to the test: the adapter, and the client in process. */
export function conformanceSubject(
  testbed: Testbed,
): ConformanceSubject<RabbitConfig, RabbitReply, RulesState> {
  return {
    adapter,
    testbed,
    invalidConfigs: [
      undefined,
      {},
      { servers: [] },
      { servers: ['no where'] },
      { servers: ['127.0.0.1:5672'], unknownOption: true },
      { servers: ['127.0.0.1:5672'], unknown: 'ignore' },
      { servers: ['127.0.0.1:5672'], password: 'a', passwordFile: '/nowhere' },
      { servers: ['127.0.0.1:5672'], addresses: { 'rabbit@a': 'no where' } },
    ],
    createOperations: operations,
  };
}

async function operations({
  cluster,
  config,
  runtime,
}: OperationsContext<RabbitConfig>): Promise<Operations & AsyncDisposable> {
  const gateway = openGateway(cluster, config, runtime);
  const model = await openModelOver(gateway, { config, runtime });
  const channel = await model.createConfirmChannel();
  const nextToken = tokens(() => runtime.random());
  const declared = new Map<string, Promise<unknown>>();

  async function publish(queue: string, value: string): Promise<undefined> {
    let declaring = declared.get(queue);
    if (declaring === undefined) declared.set(queue, (declaring = channel.assertQueue(queue, keyQueue)));
    try {
      await declaring;
    } catch (cause) {
      throw new NotPublishedError(`${queue} cannot be published to`, { cause });
    }
    await confirmed(channel, queue, value);
    return undefined;
  }

  return {
    append: publish,
    increment: (counter) => publish(counter, nextToken()),
    read: cannotRead,
    readCounter: cannotRead,
    outcomeOf(error) {
      if (error instanceof NotPublishedError) return { outcome: 'refused' };
      if (!isFailoverError(error)) return { outcome: 'unknown' };
      return { outcome: error.code === 'outcome-unknown' ? 'unknown' : 'refused', error: error.code };
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
    },
  };
}

function confirmed(channel: ConfirmChannel, queue: string, value: string): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.sendToQueue(queue, Buffer.from(value), { persistent: true }, (error) => {
      if (error === null) resolve();
      else reject(error as Error);
    });
  });
}
