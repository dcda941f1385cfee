import { describe, expect, test } from 'vitest';
import { encodeMethod } from '../../protocol/encode.ts';
import { startBench } from './test-kit/dial.ts';
import { openRawClient } from './test-kit/raw-client.ts';
import { cancel, consume, declare, farewell } from './test-kit/speak.ts';

describe('a connection', () => {
  test('is refused with the header that is spoken here', async () => {
    const { testbed, member } = await startBench();
    const stream = testbed.runtime.connect(member(0));
    const got: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => got.push(chunk));
    const closed = new Promise((resolve) => stream.on('close', resolve));
    stream.on('connect', () => stream.write(Buffer.from('AMQP\0\x01\0\0', 'latin1')));
    await testbed.until(closed);
    expect(Buffer.concat(got)).toEqual(Buffer.from('AMQP\0\0\x09\x01', 'latin1'));
  });

  test('says what it can do, as RabbitMQ does', async () => {
    const { testbed, member } = await startBench({ version: '4.0.5' });
    const client = openRawClient({ runtime: testbed.runtime, endpoint: member(1) });
    await testbed.until(client.take());
    expect(client.serverProperties).toMatchObject({
      product: 'RabbitMQ',
      version: '4.0.5',
      capabilities: { publisher_confirms: true, consumer_cancel_notify: true, 'connection.blocked': true },
    });
  });

  test('with a wrong password is told so, if it asked for that', async () => {
    const { testbed, member } = await startBench();
    const { runtime } = testbed;
    const client = openRawClient({ runtime, endpoint: member(0), password: 'wrong' });
    const heard = await testbed.until(client.take());
    expect(heard?.method).toMatchObject({ name: 'connection.close', replyCode: 403 });

    const old = openRawClient({ runtime, endpoint: member(0), password: 'wrong', capabilities: {} });
    expect(await testbed.until(old.take())).toBeUndefined();
  });

  test('needs the password that holds at the time', async () => {
    const { testbed, member } = await startBench();
    testbed.cluster.broker.users.set('guest', 'new');
    const client = openRawClient({ runtime: testbed.runtime, endpoint: member(0), password: 'new' });
    expect((await testbed.until(client.take()))?.method.name).toBe('connection.open-ok');
  });

  test('to an unknown virtual host is refused', async () => {
    const { testbed, member } = await startBench();
    const client = openRawClient({ runtime: testbed.runtime, endpoint: member(0), vhost: 'nope' });
    expect((await testbed.until(client.take()))?.method).toMatchObject({
      name: 'connection.close',
      replyCode: 530,
      replyText: 'NOT_ALLOWED - vhost nope not found',
    });
  });

  test('ends if a consumer is cancelled before it is there', async () => {
    const bench = await startBench();
    const client = await bench.dial(0);
    client.send(1, 'queue.declare', declare('q'));
    client.send(1, 'basic.consume', consume('q', 'c'));
    expect(await client.within(5)).toEqual(['1 declared q 0 0', '1 basic.consume-ok']);
    client.send(1, 'basic.cancel', cancel('c'));
    expect(await client.within(5)).toEqual(['1 basic.cancel-ok']);
    const asked = encodeMethod(1, 'basic.consume', consume('q', 'c'));
    client.stream.write(Buffer.concat([asked, encodeMethod(1, 'basic.cancel', cancel('c'))]));
    expect(await client.within(5)).toEqual(['1 basic.consume-ok', '0 connection.close INTERNAL_ERROR']);
  });

  test('hears heartbeats when nothing else is said, and is dropped when it is silent', async () => {
    const bench = await startBench();
    const client = await bench.dial(0, { heartbeatS: 10, channels: 0 });
    await bench.testbed.until(client.closed);
    const seconds = client.heartbeats.map((ms) => Math.round(ms / 1_000));
    expect(seconds).toEqual([5, 10, 15, 20, 25]);
  });

  test('that says goodbye is answered, and is left to close', async () => {
    const bench = await startBench();
    const client = await bench.dial(0);
    client.send(0, 'connection.close', farewell);
    expect(await client.next()).toBe('0 connection.close-ok');
    await bench.testbed.runtime.advance(20_000);
    expect(client.isClosed).toBe(false);
    await bench.testbed.runtime.advance(20_000);
    expect(client.isClosed).toBe(true);
  });

  test('ends when its frames make no sense', async () => {
    const bench = await startBench();
    const client = await bench.dial(0);
    client.stream.write(Buffer.from([1, 0, 1, 0, 0, 0, 4, 0, 20, 0, 10, 0]));
    expect(await client.next()).toMatch(/^0 connection.close FRAME_ERROR/);
    client.send(1, 'queue.declare', declare('ignored'));
    client.send(0, 'connection.close-ok', {});
    expect(await client.next()).toBe('closed');
    expect(bench.testbed.cluster.broker.vhosts.get('/')?.queues.size).toBe(0);
  });

  test('takes frames that come byte by byte', async () => {
    const bench = await startBench();
    const client = await bench.dial(0);
    client.send(1, 'queue.declare', declare('jobs'));
    await client.next();
    const written: Buffer[] = [];
    const { stream } = client;
    const write = stream.write.bind(stream);
    stream.write = (chunk: Buffer): boolean => written.push(chunk) > 0;
    client.publish(1, 'jobs', 'a message');
    client.send(1, 'basic.get', { queue: 'jobs', noAck: true });
    stream.write = write;
    for (const byte of Buffer.concat(written)) stream.write(Buffer.from([byte]));
    expect(await client.next()).toBe('1 got #1 "a message"');
  });
});
