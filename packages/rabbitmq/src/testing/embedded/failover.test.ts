import { describe, expect, test } from 'vitest';
import { startBench, type Bench, type Dialled } from './test-kit/dial.ts';
import { ack, consume, declare, get, passive, purge, quorum } from './test-kit/speak.ts';

/** A quorum queue that the first node leads, and a client of the second that knows it. */
async function withQueue(bench: Bench): Promise<Dialled> {
  const client = await bench.dial(0);
  client.send(1, 'queue.declare', declare('jobs', quorum));
  expect(await client.next()).toBe('1 declared jobs 0 0');
  const other = await bench.dial(1);
  other.send(1, 'confirm.select', { nowait: false });
  other.publish(1, 'jobs', 'a');
  expect(await other.next()).toBe('1 confirm.select-ok');
  expect(await other.next()).toBe('1 ack 1');
  return other;
}

describe('when the leader of a quorum queue is killed', () => {
  test('its clients are reset, and another node leads after the election', async () => {
    const bench = await startBench({ electionMs: 300 });
    const lost = await bench.dial(0);
    await withQueue(bench);
    bench.testbed.kill(bench.member(0));
    expect(await lost.next()).toBe('closed');
    expect(await bench.testbed.queueLeader('jobs')).toBeUndefined();
    await bench.testbed.until(bench.testbed.settled());
    const leader = await bench.testbed.queueLeader('jobs');
    expect([bench.member(1), bench.member(2)]).toContain(leader);
  });

  test('publishes are confirmed and consumers registered only after the election', async () => {
    const bench = await startBench({ electionMs: 300 });
    const client = await withQueue(bench);
    const fresh = await bench.dial(2);
    fresh.send(1, 'confirm.select', { nowait: false });
    await fresh.next();
    bench.testbed.kill(bench.member(0));
    client.publish(1, 'jobs', 'b');
    fresh.publish(1, 'jobs', 'c');
    client.send(2, 'basic.consume', consume('jobs', 't'));
    expect(await client.within(290)).toEqual([]);
    expect(await client.within(20)).toEqual([
      '1 ack 2',
      '2 basic.consume-ok',
      '2 deliver t #1 "a"',
      '2 deliver t #2 "b"',
      '2 deliver t #3 "c"',
    ]);
    expect(await fresh.next()).toBe('1 ack 1');
  });

  test('who declares is answered at once, and nothing is counted', async () => {
    const bench = await startBench();
    const client = await withQueue(bench);
    bench.testbed.kill(bench.member(0));
    client.send(2, 'queue.declare', declare('jobs', passive));
    expect(await client.within(5)).toEqual(['2 declared jobs 0 0']);
    await bench.testbed.until(bench.testbed.settled());
    client.send(2, 'queue.declare', declare('jobs', passive));
    expect(await client.next()).toBe('2 declared jobs 1 0');
  });

  test('who waits for a message loses the connection', async () => {
    const bench = await startBench();
    const client = await withQueue(bench);
    bench.testbed.kill(bench.member(0));
    client.send(2, 'basic.get', get('jobs'));
    expect(await client.next()).toBe(
      "0 connection.close INTERNAL_ERROR - Cannot get a message from queue 'queue 'jobs' in vhost '/'': nodedown",
    );
  });

  test('consumers at other nodes stay, with what they have in hand', async () => {
    const bench = await startBench();
    const client = await withQueue(bench);
    client.send(2, 'basic.consume', consume('jobs', 't'));
    expect(await client.within(5)).toEqual(['2 basic.consume-ok', '2 deliver t #1 "a"']);
    bench.testbed.kill(bench.member(0));
    await bench.testbed.until(bench.testbed.settled());
    client.publish(1, 'jobs', 'b');
    client.send(2, 'basic.ack', ack(1));
    expect(await client.within(5)).toEqual(['2 deliver t #2 "b"', '1 ack 2']);
    client.send(2, 'channel.close', { replyCode: 200, replyText: '', classId: 0, methodId: 0 });
    client.send(3, 'basic.get', get('jobs'));
    expect(await client.within(5)).toEqual(['2 channel.close-ok', '3 got #1 again "b"']);
  });

  test('what was in hand at the dead node comes again elsewhere', async () => {
    const bench = await startBench();
    const client = await withQueue(bench);
    const lost = await bench.dial(0);
    lost.send(1, 'basic.consume', consume('jobs', 't'));
    expect(await lost.within(5)).toEqual(['1 basic.consume-ok', '1 deliver t #1 "a"']);
    bench.testbed.kill(bench.member(0));
    client.send(2, 'basic.consume', consume('jobs', 'u'));
    expect(await client.next()).toBe('2 basic.consume-ok');
    expect(await client.next()).toBe('2 deliver u #1 again "a"');
  });
});

describe('while the leader of a quorum queue hangs', () => {
  test('a channel that the queue knows is confirmed after the election', async () => {
    const bench = await startBench({ electionMs: 300, hungElectionMs: 6_000 });
    const client = await withQueue(bench);
    bench.testbed.hang(bench.member(0));
    client.publish(1, 'jobs', 'b');
    expect(await client.within(5_900)).toEqual([]);
    expect(await client.within(200)).toEqual(['1 ack 2']);
  });

  test('a new channel speaks to the old leader until that is given up, and one of after the election does not', async () => {
    const bench = await startBench({ stuckMs: 65_000 });
    await withQueue(bench);
    const early = await bench.dial(2);
    early.send(1, 'confirm.select', { nowait: false });
    await early.next();
    bench.testbed.hang(bench.member(0));
    early.publish(1, 'jobs', 'early');
    await bench.testbed.until(bench.testbed.settled());

    const late = await bench.dial(2);
    late.send(1, 'confirm.select', { nowait: false });
    late.publish(1, 'jobs', 'late');
    expect(await late.within(100)).toEqual(['1 confirm.select-ok', '1 ack 1']);
    expect(await early.within(60_000)).toEqual([]);
    expect(await early.within(5_000)).toEqual(['1 ack 1']);
  });

  test('a channel stands still from what it asked before the election, until the node is given up', async () => {
    const bench = await startBench({ stuckMs: 65_000 });
    const client = await withQueue(bench);
    bench.testbed.hang(bench.member(0));
    client.send(2, 'basic.consume', consume('jobs', 't'));
    client.send(2, 'basic.qos', { prefetchSize: 0, prefetchCount: 1, global: false });
    expect(await client.within(64_900)).toEqual([]);
    expect(await client.within(200)).toEqual(['2 basic.consume-ok', '2 deliver t #1 "a"', '2 basic.qos-ok']);
  });

  test('it is answered at once if the leader goes on before there is another', async () => {
    const bench = await startBench();
    const client = await withQueue(bench);
    bench.testbed.hang(bench.member(0));
    client.send(2, 'queue.purge', purge('jobs'));
    expect(await client.within(500)).toEqual([]);
    bench.testbed.resume(bench.member(0));
    expect(await client.within(5)).toEqual(['2 queue.purge-ok']);
    expect(await bench.testbed.queueLeader('jobs')).toBe(bench.member(0));
  });

  test('who declares is answered after a moment, and nothing is counted', async () => {
    const bench = await startBench();
    const client = await withQueue(bench);
    bench.testbed.hang(bench.member(0));
    client.send(2, 'queue.declare', declare('jobs', passive));
    expect(await client.within(240)).toEqual([]);
    expect(await client.within(20)).toEqual(['2 declared jobs 0 0']);
  });
});

describe('a node that hangs', () => {
  test('accepts connections and answers nothing, until it goes on', async () => {
    const bench = await startBench();
    bench.testbed.hang(bench.member(0));
    const dialling = bench.dial(0);
    await bench.testbed.runtime.advance(20_000);
    bench.testbed.resume(bench.member(0));
    const client = await dialling;
    client.send(1, 'queue.declare', declare('jobs', quorum));
    expect(await client.next()).toBe('1 declared jobs 0 0');
  });

  test('does late what it read late', async () => {
    const bench = await startBench();
    const client = await withQueue(bench);
    const hung = await bench.dial(0);
    bench.testbed.hang(bench.member(0));
    hung.publish(1, 'jobs', 'late');
    await bench.testbed.until(bench.testbed.settled());
    client.publish(1, 'jobs', 'b');
    expect(await client.next()).toBe('1 ack 2');
    bench.testbed.resume(bench.member(0));
    client.send(2, 'basic.consume', consume('jobs', 't'));
    expect(await client.within(5)).toEqual([
      '2 basic.consume-ok',
      '2 deliver t #1 "a"',
      '2 deliver t #2 "b"',
      '2 deliver t #3 "late"',
    ]);
  });

  test('keeps what its consumers were sent until it is given up; they hear of it late, and then go on', async () => {
    const bench = await startBench({ stuckMs: 65_000 });
    const client = await withQueue(bench);
    const hung = await bench.dial(2);
    hung.send(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 2, global: false });
    hung.send(1, 'basic.consume', consume('jobs', 'h'));
    expect(await hung.within(5)).toEqual(['1 basic.qos-ok', '1 basic.consume-ok', '1 deliver h #1 "a"']);

    bench.testbed.hang(bench.member(2));
    client.publish(1, 'jobs', 'b');
    client.publish(1, 'jobs', 'c');
    client.send(2, 'basic.consume', consume('jobs', 'l'));
    expect(await client.within(60_000)).toEqual([
      '1 ack 2',
      '1 ack 3',
      '2 basic.consume-ok',
      '2 deliver l #1 "c"',
    ]);
    expect(await client.within(6_000)).toEqual(['2 deliver l #2 again "a"', '2 deliver l #3 again "b"']);

    bench.testbed.resume(bench.member(2));
    expect(await hung.within(5)).toEqual(['1 deliver h #2 "b"']);
    // They were given to others: saying so late settles nothing.
    hung.send(1, 'basic.ack', ack(2, true));
    client.publish(1, 'jobs', 'd');
    expect(await hung.within(5)).toEqual(['1 deliver h #3 "d"']);
  });
});
