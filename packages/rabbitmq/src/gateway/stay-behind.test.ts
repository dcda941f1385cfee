import type { Duplex } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AmqpClient } from '../testing/amqp-client.ts';
import { tapNodes } from './test-kit/tap-nodes.ts';
import { worldsUntil } from './test-kit/world.ts';
import type { World } from './test-kit/world.ts';

const quorum = { queue: 'q', durable: true, arguments: { 'x-queue-type': 'quorum' } } as const;
const world = worldsUntil(onTestFinished);

describe('a client that ends while the leader of its queue hangs', () => {
  /** With the consumer on a node that lives, for so many ms. */
  async function hanging(ms: number): Promise<World & { readonly client: AmqpClient; resume(): void }> {
    const opened = await world({ electionMs: 60_000 });
    const { testbed, connect, channel, until, untilSo, counter } = opened;
    const client = await connect();
    const own = await channel(client);
    await until(own.rpc('queue.declare', quorum));
    await until(own.consume('q', () => undefined));
    const leader = await until(testbed.queueLeader('q'));
    if (leader === undefined) throw new Error('no leader');
    testbed.hang(leader);
    await untilSo(() => counter('switches') === 1);
    await testbed.runtime.advance(ms);
    return { ...opened, client, resume: () => testbed.resume(leader) };
  }

  it('leaves a connection behind until the tries of its consumers are cancelled', async () => {
    const { testbed, client, resume, counter, untilSo } = await hanging(4000);
    client.destroy();
    await untilSo(() => counter('clients') === 0);
    await testbed.runtime.advance(5000);
    expect(counter('upstreams')).toBe(1);
    resume();
    await untilSo(() => counter('upstreams') === 0, 2000);
  });

  it('leaves none behind that says goodbye after few tries', async () => {
    const { client, counter, until, untilSo } = await hanging(300);
    await until(client.close());
    await untilSo(() => counter('upstreams') === 0, 5000);
  });

  it('leaves one behind for no longer than a minute', async () => {
    const { testbed, client, counter, until } = await hanging(4000);
    await until(client.close());
    await testbed.runtime.advance(50_000);
    expect(counter('upstreams')).toBe(1);
    await testbed.runtime.advance(16_000);
    expect(counter('upstreams')).toBe(0);
  });
});

describe('a client that ends', () => {
  it.each([
    ['says goodbye', (client: AmqpClient) => client.close()],
    ['is gone without a word', (client: AmqpClient) => Promise.resolve(client.destroy())],
  ])('takes its connection to the node along at once when it %s', async (_how, leave) => {
    const streams: Duplex[] = [];
    const { testbed, connect, until } = await world({}, {}, (runtime) =>
      tapNodes(runtime, { onDial: (_endpoint, stream) => streams.push(stream) }),
    );
    const client = await connect();
    await until(leave(client));
    await testbed.runtime.advance(20);
    expect(streams.filter(({ destroyed }) => !destroyed)).toEqual([]);
  });
});
