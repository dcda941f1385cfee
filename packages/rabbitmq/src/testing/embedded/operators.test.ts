import { describe, expect, test } from 'vitest';
import { startBench } from './test-kit/dial.ts';
import { openRawClient } from './test-kit/raw-client.ts';
import { ack, consume, declare, exchange, passive, quorum } from './test-kit/speak.ts';
import { TestbedError } from '../testbed.ts';

describe('maintenance', () => {
  test('tells clients that they are closed, takes nobody, and hands leaders over', async () => {
    const bench = await startBench();
    const client = await bench.dial(0);
    client.send(1, 'queue.declare', declare('jobs', quorum));
    await client.next();
    await bench.testbed.drain(bench.member(0));
    expect(await client.next()).toBe(
      '0 connection.close CONNECTION_FORCED - Node was put into maintenance mode',
    );
    client.send(0, 'connection.close-ok', {});
    expect(await client.next()).toBe('closed');
    expect(await bench.testbed.queueLeader('jobs')).not.toBe(bench.member(0));
    expect(await (await bench.dial(1)).within(1)).toEqual([]);
    const refused = openRawClient({ runtime: bench.testbed.runtime, endpoint: bench.member(0) });
    await bench.testbed.until(refused.closed);
    expect(refused.heard).toEqual([]);

    await bench.testbed.revive(bench.member(0));
    const again = await bench.dial(0);
    again.send(1, 'queue.declare', declare('jobs', passive));
    expect(await again.next()).toBe('1 declared jobs 0 0');
  });

  test('closes all connections of a node with the reason that is given', async () => {
    const bench = await startBench();
    const client = await bench.dial(0);
    const other = await bench.dial(1);
    expect(await bench.testbed.closeConnections(bench.member(0), 'because')).toBe(1);
    expect(await client.next()).toBe('0 connection.close CONNECTION_FORCED - because');
    expect(await other.within(10)).toEqual([]);
  });
});

describe('moving a leader', () => {
  test('disturbs nobody', async () => {
    const bench = await startBench();
    const client = await bench.dial(0);
    client.send(1, 'queue.declare', declare('jobs', quorum));
    client.send(2, 'basic.consume', consume('jobs', 't'));
    client.send(1, 'confirm.select', { nowait: false });
    client.publish(1, 'jobs', 'a');
    await client.within(5);
    await bench.testbed.moveLeader('jobs', bench.member(2));
    client.publish(1, 'jobs', 'b');
    client.send(2, 'basic.ack', ack(1));
    expect(await client.within(5)).toEqual(['2 deliver t #2 "b"', '1 ack 2']);
    expect(await bench.testbed.queueLeader('jobs')).toBe(bench.member(2));
  });
});

describe('an alarm', () => {
  test('blocks who publishes, at the first publish, until it is over', async () => {
    const bench = await startBench();
    const publisher = await bench.dial(0);
    const consumer = await bench.dial(1);
    publisher.send(1, 'queue.declare', declare('jobs', quorum));
    publisher.send(1, 'confirm.select', { nowait: false });
    consumer.send(1, 'queue.declare', declare('jobs', quorum));
    await publisher.within(5);
    await consumer.within(5);

    await bench.testbed.alarm(bench.member(2), true);
    publisher.publish(1, 'jobs', 'a');
    publisher.publish(1, 'jobs', 'b');
    publisher.send(2, 'queue.declare', declare('jobs', passive));
    expect(await publisher.within(100)).toEqual(['0 connection.blocked']);
    consumer.send(1, 'queue.declare', declare('jobs', passive));
    expect(await consumer.within(100)).toEqual(['1 declared jobs 0 0']);

    await bench.testbed.alarm(bench.member(2), false);
    expect(await publisher.within(100)).toEqual([
      '0 connection.unblocked',
      '1 ack 1',
      '1 ack 2',
      '2 declared jobs 2 0',
    ]);
  });

  test('of two nodes ends with the last', async () => {
    const bench = await startBench();
    const publisher = await bench.dial(0);
    await bench.testbed.alarm(bench.member(1), true);
    await bench.testbed.alarm(bench.member(2), true);
    publisher.publish(1, 'jobs', 'a');
    await bench.testbed.alarm(bench.member(1), false);
    expect(await publisher.within(100)).toEqual(['0 connection.blocked']);
    await bench.testbed.alarm(bench.member(2), false);
    expect(await publisher.within(100)).toEqual(['0 connection.unblocked']);
  });
});

describe('without most of its nodes', () => {
  test('a cluster confirms nothing and declares nothing new, until one is back', async () => {
    const bench = await startBench();
    const client = await bench.dial(0);
    client.send(1, 'queue.declare', declare('jobs', quorum));
    client.send(1, 'confirm.select', { nowait: false });
    client.publish(1, 'jobs', 'a');
    await client.within(5);
    bench.testbed.kill(bench.member(1));
    bench.testbed.kill(bench.member(2));
    client.publish(1, 'jobs', 'b');
    client.send(2, 'queue.declare', declare('jobs', passive));
    client.send(2, 'basic.consume', consume('jobs', 't'));
    client.send(3, 'exchange.declare', exchange('news', 'fanout'));
    expect(await client.within(20_000)).toEqual(['2 declared jobs 1 0']);
    await bench.testbed.restart(bench.member(1));
    expect(await client.within(5)).toEqual([
      '3 exchange.declare-ok',
      '1 ack 2',
      '2 basic.consume-ok',
      '2 deliver t #1 "a"',
      '2 deliver t #2 "b"',
    ]);
  });

  test('a queue of three members that two are left of goes on', async () => {
    const bench = await startBench({ nodes: 5 });
    const client = await bench.dial(0);
    client.send(1, 'queue.declare', declare('jobs', quorum));
    client.send(1, 'confirm.select', { nowait: false });
    await client.within(5);
    bench.testbed.kill(bench.member(1));
    client.publish(1, 'jobs', 'a');
    expect(await client.within(5)).toEqual(['1 ack 1']);
    bench.testbed.kill(bench.member(2));
    client.publish(1, 'jobs', 'b');
    expect(await client.within(1_000)).toEqual([]);
  });
});

test('with Mnesia nothing is declared while a node hangs that is not given up', async () => {
  const bench = await startBench({ metadataStore: 'mnesia', stuckMs: 65_000 });
  const client = await bench.dial(1);
  bench.testbed.hang(bench.member(0));
  client.send(1, 'queue.declare', declare('', { exclusive: true }));
  expect(await client.within(64_900)).toEqual([]);
  expect(await client.within(200)).toHaveLength(1);
});

test('the double has no tools', async () => {
  const bench = await startBench();
  await expect(bench.testbed.ctl(bench.member(0), 'status')).rejects.toThrow(TestbedError);
});
