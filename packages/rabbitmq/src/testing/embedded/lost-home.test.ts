import { describe, expect, test } from 'vitest';
import { startBench, type Bench, type Dialled } from './test-kit/dial.ts';
import { bind, consume, declare, get, passive, remove } from './test-kit/speak.ts';

/** A durable queue and a transient one at home on the first node, with consumers at the second. */
async function withQueues(bench: Bench): Promise<Dialled> {
  const home = await bench.dial(0);
  home.send(1, 'queue.declare', declare('kept'));
  home.send(1, 'queue.declare', declare('passing', { durable: false }));
  home.publish(2, 'kept', 'persistent', { properties: { deliveryMode: 2 } });
  home.publish(2, 'kept', 'not');
  expect(await home.within(5)).toEqual(['1 declared kept 0 0', '1 declared passing 0 0']);
  const client = await bench.dial(1, { channels: 6 });
  client.send(1, 'basic.consume', consume('passing', 'p'));
  client.send(2, 'confirm.select', { nowait: false });
  expect(await client.within(5)).toEqual(['1 basic.consume-ok', '2 confirm.select-ok']);
  return client;
}

describe('a classic queue whose home node was killed', () => {
  test('has its consumers cancelled; a transient one is gone', async () => {
    const bench = await startBench();
    const client = await withQueues(bench);
    client.send(3, 'basic.consume', consume('kept', 'k', { noAck: false }));
    await client.within(5);
    bench.testbed.kill(bench.member(0));
    expect(await client.within(5)).toEqual(['3 cancelled k', '1 cancelled p']);
    client.publish(2, 'passing', 'x', { mandatory: true });
    expect(await client.within(5)).toEqual(['2 returned NO_ROUTE "x"', '2 ack 1']);
    client.send(4, 'queue.declare', declare('passing', passive));
    expect(await client.next()).toBe("4 channel.close NOT_FOUND - no queue 'passing' in vhost '/'");
  });

  test('tells nobody who does not understand it', async () => {
    const bench = await startBench();
    await withQueues(bench);
    const old = await bench.dial(2, { capabilities: {} });
    old.send(1, 'basic.consume', consume('kept', 'k'));
    await old.within(5);
    bench.testbed.kill(bench.member(0));
    expect(await old.within(100)).toEqual([]);
  });

  test('refuses what is published to it, and lets all else wait until its home is back', async () => {
    const bench = await startBench();
    const client = await withQueues(bench);
    bench.testbed.kill(bench.member(0));
    await client.within(5);
    client.publish(2, 'kept', 'x');
    expect(await client.within(5)).toEqual(['2 nack 1 multiple']);
    client.send(3, 'queue.declare', declare('kept', passive));
    client.send(4, 'basic.get', get('kept'));
    client.send(4, 'basic.get', get('kept'));
    client.send(5, 'queue.bind', bind('kept', 'amq.direct', 'k'));
    expect(await client.within(10_000)).toEqual(['5 queue.bind-ok']);
    await bench.testbed.restart(bench.member(0));
    expect(await client.within(5)).toEqual([
      '3 declared kept 1 0',
      '4 got #1 "persistent"',
      '4 basic.get-empty',
    ]);
  });

  test('is not waited for longer than a minute', async () => {
    const bench = await startBench({ stuckMs: 65_000 });
    const client = await withQueues(bench);
    bench.testbed.kill(bench.member(0));
    await client.within(5);
    client.send(3, 'queue.declare', declare('kept', passive));
    expect(await client.within(64_900)).toEqual([]);
    expect(await client.within(200)).toEqual([
      "3 channel.close NOT_FOUND - failed to perform operation on queue 'kept' in vhost '/' due to timeout",
    ]);
  });

  test('can be deleted, and declared at another home', async () => {
    const bench = await startBench();
    const client = await withQueues(bench);
    bench.testbed.kill(bench.member(0));
    await client.within(5);
    client.send(3, 'queue.delete', remove('kept'));
    client.send(3, 'queue.declare', declare('kept'));
    expect(await client.within(5)).toEqual(['3 queue.delete-ok', '3 declared kept 0 0']);
    expect(await bench.testbed.queueLeader('kept')).toBe(bench.member(1));
  });
});

describe('before RabbitMQ 4', () => {
  test('a lost queue is told to be lost, and nothing is routed to it', async () => {
    const bench = await startBench({ version: '3.10.8' });
    const client = await withQueues(bench);
    bench.testbed.kill(bench.member(0));
    await client.within(5);
    client.publish(2, 'kept', 'x', { mandatory: true });
    expect(await client.within(5)).toEqual(['2 returned NO_ROUTE "x"', '2 ack 1']);
    const lost =
      "NOT_FOUND - home node 'rabbit@node1' of durable queue 'kept' in vhost '/' is down or inaccessible";
    client.send(3, 'queue.declare', declare('kept', passive));
    client.send(4, 'basic.consume', consume('kept', 'k'));
    client.send(5, 'queue.bind', bind('kept', 'amq.direct', 'k'));
    expect(await client.within(5)).toEqual([3, 4, 5].map((channel) => `${channel} channel.close ${lost}`));
  });
});

describe('a classic queue whose home node hangs', () => {
  test('answers when that goes on', async () => {
    const bench = await startBench();
    const client = await withQueues(bench);
    bench.testbed.hang(bench.member(0));
    client.publish(2, 'kept', 'x');
    client.send(3, 'queue.declare', declare('kept', passive));
    expect(await client.within(60_000)).toEqual([]);
    bench.testbed.resume(bench.member(0));
    expect(await client.within(5)).toEqual(['2 ack 1', '3 declared kept 3 0']);
  });

  test('is lost when that is given up', async () => {
    const bench = await startBench({ stuckMs: 65_000 });
    const client = await withQueues(bench);
    bench.testbed.hang(bench.member(0));
    client.publish(2, 'kept', 'x');
    expect(await client.within(66_000)).toEqual(['1 cancelled p', '2 nack 1 multiple']);
  });
});

describe('exclusive queues', () => {
  test('die with the node of their connection', async () => {
    const bench = await startBench();
    const owner = await bench.dial(0);
    owner.send(1, 'queue.declare', declare('mine', { exclusive: true }));
    expect(await owner.next()).toBe('1 declared mine 0 0');
    const client = await bench.dial(1);
    bench.testbed.kill(bench.member(0));
    client.send(1, 'queue.declare', declare('mine', passive));
    expect(await client.next()).toBe("1 channel.close NOT_FOUND - no queue 'mine' in vhost '/'");
  });

  test('are locked for others while their connection stands', async () => {
    const bench = await startBench();
    const owner = await bench.dial(0);
    owner.send(1, 'queue.declare', declare('mine', { exclusive: true }));
    await owner.next();
    const client = await bench.dial(1);
    client.send(1, 'queue.declare', declare('mine', { exclusive: true }));
    expect(await client.next()).toMatch(/^1 channel.close RESOURCE_LOCKED - cannot obtain exclusive access/);
    owner.stream.destroy();
    client.send(2, 'queue.declare', declare('mine', { exclusive: true }));
    expect(await client.next()).toMatch(/RESOURCE_LOCKED/);
    await owner.closed;
    client.send(3, 'queue.declare', declare('mine', { exclusive: true }));
    expect(await client.next()).toBe('3 declared mine 0 0');
  });
});
