import type { Scenarios } from './scenario.ts';
import { declare, farewell } from '../speak.ts';

export const connections: Scenarios = {
  async 'a channel that is not open'({ first, quiet }) {
    first.send(5, 'queue.declare', declare('a'));
    await quiet();
  },
  async 'a channel opened twice'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'channel.open', {});
    await quiet();
  },
  async 'channel 0'({ first, quiet }) {
    first.send(0, 'channel.open', {});
    await quiet();
  },
  async 'a high channel'({ first, quiet }) {
    first.send(3000, 'channel.open', {});
    await quiet();
  },
  async 'a method inside of content'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'basic.publish', { exchange: '', routingKey: 'k', mandatory: false, immediate: false });
    first.send(1, 'queue.declare', declare('a'));
    await quiet();
  },
  async 'a body without a method'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    await quiet();
    first.stream.write(Buffer.from([3, 0, 1, 0, 0, 0, 1, 65, 0xce]));
    await quiet();
  },
  async 'a header without a method'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    await quiet();
    first.stream.write(Buffer.from([2, 0, 1, 0, 0, 0, 14, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xce]));
    await quiet();
  },
  async 'a frame that ends wrong'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    await quiet();
    first.stream.write(Buffer.from([1, 0, 1, 0, 0, 0, 4, 0, 20, 0, 10, 0x00]));
    await quiet();
  },
  async 'a frame of no type'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    await quiet();
    first.stream.write(Buffer.from([9, 0, 1, 0, 0, 0, 4, 0, 20, 0, 10, 0xce]));
    await quiet();
  },
  async 'a frame too large'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    await quiet();
    const b = Buffer.alloc(200000);
    b[0] = 3;
    b.writeUInt16BE(1, 1);
    b.writeUInt32BE(199992, 3);
    b[199999] = 0xce;
    first.stream.write(b);
    await quiet();
  },
  async 'a heartbeat of a channel'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    await quiet();
    first.stream.write(Buffer.from([8, 0, 1, 0, 0, 0, 0, 0xce]));
    await quiet();
  },
  async "a server's method"({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare-ok', { queue: 'x', messageCount: 0, consumerCount: 0 });
    await quiet();
  },
  async 'a method of the connection on a channel'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'connection.close', farewell);
    await quiet();
  },
  async 'a late close-ok'({ first, quiet }) {
    first.send(7, 'channel.close-ok', {});
    await quiet();
    first.send(7, 'channel.close', farewell);
    await quiet();
  },
  async 'a channel closed and opened again'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.publish(1, 'k', 'x', { exchange: 'nope' });
    await quiet();
    first.send(1, 'queue.declare', declare('a'));
    await quiet();
    first.send(1, 'channel.close-ok', {});
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    await quiet();
  },
  async 'a new secret'({ first, quiet }) {
    first.send(0, 'connection.update-secret', { newSecret: Buffer.from('guest'), reason: 'x' });
    await quiet();
  },
  async 'an empty virtual host'({ another, quiet }) {
    await another({ vhost: '' });
    await quiet();
  },
  async 'an unknown virtual host'({ another, quiet }) {
    await another({ vhost: 'nope' });
    await quiet();
  },
  async 'a wrong password'({ another, quiet }) {
    await another({ password: 'wrong' });
    await quiet();
  },
};
