import { describe, expect, it, onTestFinished } from 'vitest';
import { encodeContent } from '../protocol/encode.ts';
import type { Method } from '../protocol/methods.ts';
import type { AmqpChannel } from '../testing/amqp-channel.ts';
import type { AmqpClient } from '../testing/amqp-client.ts';
import { openRawClient } from '../testing/embedded/test-kit/raw-client.ts';
import { consume, declare } from '../testing/embedded/test-kit/speak.ts';
import { here, worldsUntil } from './test-kit/world.ts';
import type { World } from './test-kit/world.ts';

const quorum = { queue: 'q', durable: true, arguments: { 'x-queue-type': 'quorum' } } as const;
const world = worldsUntil(onTestFinished);

/** A client with a consumer that is asked for on its second node, whose queue elects for two seconds. */
async function registering(): Promise<World & { readonly client: AmqpClient; readonly own: AmqpChannel }> {
  const opened = await world({ electionMs: 2000 });
  const { testbed, connect, channel, until, untilSo, counter } = opened;
  const client = await connect();
  const own = await channel(client);
  await until(own.rpc('queue.declare', quorum));
  await until(own.consume('q', () => undefined, { consumerTag: 'c' }));
  const leader = await until(testbed.queueLeader('q'));
  if (leader === undefined) throw new Error('no leader');
  await testbed.runtime.advance(1000);
  testbed.kill(leader);
  await testbed.runtime.advance(300);
  await untilSo(() => counter('upstreams') === 1);
  return { ...opened, client, own };
}

describe('a consumer that is asked for and not there yet', () => {
  it('is cancelled by its client once it is there, and what comes behind waits for that', async () => {
    const { own, until, counter } = await registering();
    const cancelled = own.rpc('basic.cancel', { consumerTag: 'c' }, 10_000);
    expect(await until(cancelled)).toMatchObject({ consumerTag: 'c' });
    expect(await until(own.rpc('queue.declare', { ...quorum, passive: true }))).toMatchObject({
      consumerCount: 0,
    });
    expect(counter('switches')).toBe(1);
  });

  it('is cancelled by a drain once it is there', async () => {
    const { client, until, counter, drain } = await registering();
    drain();
    expect(await until(client.closed)).toMatchObject({ type: 'closedByServer', replyCode: 320 });
    expect(counter('switches')).toBe(1);
  });

  it('is cancelled by a drain behind the message that its client is in the middle of', async () => {
    const { testbed, counter, drain } = await world();
    const client = openRawClient({ runtime: testbed.runtime, endpoint: here });
    const heard = async (name: string): Promise<Method | undefined> => {
      for (;;) {
        const method = (await testbed.until(client.take()))?.method;
        if (method === undefined || method.name === name) return method;
      }
    };
    await heard('connection.open-ok');
    client.send(1, 'channel.open', {});
    client.send(1, 'queue.declare', declare('q'));
    client.send(1, 'basic.consume', consume('q', 'c'));
    await heard('basic.consume-ok');
    client.send(1, 'basic.publish', { exchange: '', routingKey: 'q', mandatory: false, immediate: false });
    await testbed.runtime.advance(50);
    drain();
    await testbed.runtime.advance(500);
    client.stream.write(Buffer.concat(encodeContent(1, {}, Buffer.from('x'), 4096)));
    expect(await heard('connection.close')).toMatchObject({ replyCode: 320 });
    expect(counter('switches')).toBe(0);
  });
});
