import { once } from 'node:events';
import type { EndpointId } from '@failover/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AmqpEndError, connectAmqp, launchCluster, type AmqpChannel, type RabbitTestbed } from './index.ts';
import { seriesUnderTest } from './series-under-test.ts';

const quorum = { durable: true, arguments: { 'x-queue-type': 'quorum' } } as const;

async function until(what: string, isSo: () => Promise<boolean> | boolean, limitMs = 30_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${what} did not come true within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const chosen = await seriesUnderTest();

describe.each(chosen)('a launched RabbitMQ $series', ({ series, search }) => {
  let testbed: RabbitTestbed | undefined;
  let missing = '';

  beforeAll(async () => {
    if (search.type === 'found') testbed = await launchCluster({ server: search.server });
    else missing = `${search.reason}. Cure: ${search.cure}`;
    if (missing !== '') console.warn(`SKIPPED on RabbitMQ ${series}: ${missing}`);
  });
  afterAll(() => testbed?.[Symbol.asyncDispose]());

  /** A test on the one cluster, which it leaves healthy. */
  function works(title: string, run: (bed: RabbitTestbed) => Promise<void>): void {
    it(title, async ({ skip }) => {
      if (testbed === undefined) return skip(missing);
      const bed = testbed;
      try {
        await run(bed);
      } finally {
        await Promise.all(bed.members.map((member) => bed.alarm(member, false).catch(() => undefined)));
        for (const member of bed.members) if (!bed.isRunning(member)) bed.resume(member);
      }
      await bed.settled();
    });
  }

  /** A channel in confirm mode, on a node that is not the given one, and a queue with one confirmed message. */
  async function publisher(
    bed: RabbitTestbed,
    queue: string,
    on: EndpointId | undefined = bed.members[0],
  ): Promise<AmqpChannel> {
    if (on === undefined) throw new Error('no member');
    const client = await connectAmqp(bed.runtime, on);
    const channel = await client.openChannel();
    await channel.rpc('queue.declare', { ...quorum, queue });
    await channel.rpc('confirm.select');
    const message = { routingKey: queue, body: 'kept', properties: { deliveryMode: 2 } };
    expect(await channel.publish(message)).toBe('ack');
    return channel;
  }

  /** Whoever leads the queue, on a node that is not `besides`. */
  async function leaderOf(bed: RabbitTestbed, queue: string, besides?: EndpointId): Promise<EndpointId> {
    let leader: EndpointId | undefined;
    await until(`${queue} has a leader`, async () => {
      leader = await bed.queueLeader(queue);
      return leader !== undefined && leader !== besides;
    });
    return leader as EndpointId;
  }

  async function keptIn(bed: RabbitTestbed, queue: string, node: EndpointId): Promise<string | undefined> {
    const client = await connectAmqp(bed.runtime, node);
    const channel = await client.openChannel();
    const received = await channel.get(queue, true);
    client.destroy();
    return received?.body.toString();
  }

  const other = (bed: RabbitTestbed, node: EndpointId): EndpointId =>
    bed.members.find((member) => member !== node) as EndpointId;

  works('has three nodes that agree, and an HTTP API on each', async (bed) => {
    expect(bed.version).toMatch(new RegExp(`^${series.replace('.', '\\.')}\\.`));
    expect([...bed.nodeNames.values()]).toEqual(['r1@localhost', 'r2@localhost', 'r3@localhost']);
    expect(bed.management.size).toBe(3);
    const authorization = `Basic ${Buffer.from('guest:guest').toString('base64')}`;
    for (const base of bed.management.values()) {
      const response = await fetch(`${base}/api/nodes`, { headers: { authorization } });
      const nodes = (await response.json()) as readonly { readonly running: boolean }[];
      expect(nodes.map(({ running }) => running)).toEqual([true, true, true]);
    }
    expect(await bed.ctl(bed.members[0] as EndpointId, 'eval', 'node().')).toContain('r1@localhost');
  });

  works('elects another leader when the node of the first is killed, and keeps a message', async (bed) => {
    await publisher(bed, 'killed');
    const first = await leaderOf(bed, 'killed');
    bed.kill(first);
    expect(bed.isRunning(first)).toBe(false);
    const second = await leaderOf(bed, 'killed', first);
    expect(await keptIn(bed, 'killed', second)).toBe('kept');
    await bed.restart(first);
    expect(bed.isRunning(first)).toBe(true);
  });

  works(
    'elects another leader when the node of the first hangs, which accepts but says nothing',
    async (bed) => {
      await publisher(bed, 'hung');
      const first = await leaderOf(bed, 'hung');
      bed.hang(first);
      const socket = bed.runtime.connect(first);
      await once(socket, 'connect');
      socket.destroy();
      const end = { type: 'timedOut', waitedFor: 'connection.start' };
      await expect(connectAmqp(bed.runtime, first, { timeoutMs: 500 })).rejects.toMatchObject({ end });
      const second = await leaderOf(bed, 'hung', first);
      // Before 4.0 nobody reaches the new leader yet: where it is must be written on all nodes.
      bed.resume(first);
      await bed.settled();
      expect(await keptIn(bed, 'hung', second)).toBe('kept');
    },
  );

  works(
    'closes connections with 320 when a node is drained, and takes none until it is revived',
    async (bed) => {
      const [node] = bed.members as readonly [EndpointId];
      const client = await connectAmqp(bed.runtime, node);
      await publisher(bed, 'drained', node);
      await bed.drain(node);
      expect(await client.closed).toMatchObject({ type: 'closedByServer', replyCode: 320 });
      expect(await leaderOf(bed, 'drained')).not.toBe(node);
      await expect(connectAmqp(bed.runtime, node, { timeoutMs: 1_000 })).rejects.toThrow(AmqpEndError);
      await bed.revive(node);
      (await connectAmqp(bed.runtime, node)).destroy();
    },
  );

  works('moves a leader while connections stay and go on', async (bed) => {
    const channel = await publisher(bed, 'moved');
    const first = await leaderOf(bed, 'moved');
    await bed.moveLeader('moved', other(bed, first));
    expect(await bed.queueLeader('moved')).toBe(other(bed, first));
    expect(await channel.publish({ routingKey: 'moved', body: 'more' })).toBe('ack');
    expect(channel.isClosed).toBe(false);
  });

  works('closes the connections of one node as an operator does', async (bed) => {
    const [node, another] = bed.members as readonly [EndpointId, EndpointId];
    const [client, bystander] = [
      await connectAmqp(bed.runtime, node),
      await connectAmqp(bed.runtime, another),
    ];
    expect(await bed.closeConnections(node, 'for a test')).toBeGreaterThan(0);
    expect(await client.closed).toEqual({
      type: 'closedByServer',
      replyCode: 320,
      replyText: 'CONNECTION_FORCED - for a test',
    });
    expect(bystander.isClosed).toBe(false);
    bystander.destroy();
  });

  works('blocks publishers on every node while one has an alarm', async (bed) => {
    const [node, another] = bed.members as readonly [EndpointId, EndpointId];
    const client = await connectAmqp(bed.runtime, another);
    const channel = await client.openChannel();
    await channel.rpc('confirm.select');
    const told: (string | undefined)[] = [];
    client.onBlocked((reason) => told.push(reason));
    await bed.alarm(node, true);
    // It is told only to those that publish, and the other nodes hear of it a moment later.
    const published: Promise<'ack' | 'nack'>[] = [];
    await until('it is blocked', () => {
      if (client.blockedBy === undefined)
        published.push(channel.publish({ routingKey: 'nowhere', body: 'waits' }, 60_000));
      return client.blockedBy !== undefined;
    });
    await bed.alarm(node, false);
    await Promise.all(published);
    await until('it is unblocked', () => client.blockedBy === undefined);
    expect(told).toEqual(['low on memory', undefined]);
    client.destroy();
  });

  works(
    'tells what a declaration with other arguments breaks, and delivers what came before',
    async (bed) => {
      const channel = await publisher(bed, 'client');
      const bodies: string[] = [];
      await channel.consume('client', ({ body, method }) => {
        bodies.push(body.toString());
        channel.send('basic.ack', { deliveryTag: method.deliveryTag });
      });
      const long = 'x'.repeat(300_000);
      await channel.publish({ routingKey: 'client', body: long });
      await until('both came', () => bodies.length === 2);
      expect(bodies).toEqual(['kept', long]);
      await expect(channel.rpc('queue.declare', { queue: 'client', durable: true })).rejects.toMatchObject({
        end: { type: 'closedByServer', replyCode: 406 },
      });
    },
  );
});
