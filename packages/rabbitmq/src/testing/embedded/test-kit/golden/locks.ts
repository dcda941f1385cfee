import type { Scenarios } from './scenario.ts';
import { bind, consume, declare, get, passive, purge, remove, unbind } from '../speak.ts';

export const locks: Scenarios = {
  async 'an exclusive queue, by others'({ first, another, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { exclusive: true }));
    await quiet();
    const other = await another();
    other.send(1, 'channel.open', {});
    other.send(1, 'queue.declare', declare('a', { exclusive: true }));
    await quiet();
    other.send(2, 'channel.open', {});
    other.send(2, 'queue.declare', declare('a', passive));
    await quiet();
    other.send(3, 'channel.open', {});
    other.send(3, 'basic.consume', consume('a', 't'));
    await quiet();
    other.send(4, 'channel.open', {});
    other.send(4, 'basic.get', get('a'));
    await quiet();
    other.send(5, 'channel.open', {});
    other.send(5, 'queue.delete', remove('a'));
    await quiet();
    other.send(6, 'channel.open', {});
    other.send(6, 'queue.bind', bind('a', 'amq.direct'));
    await quiet();
    other.send(7, 'channel.open', {});
    other.send(7, 'queue.purge', purge('a'));
    await quiet();
    other.send(8, 'channel.open', {});
    other.send(8, 'queue.unbind', unbind('a', 'amq.direct', ''));
    await quiet();
    other.send(9, 'channel.open', {});
    other.send(9, 'queue.declare', declare('a'));
    await quiet();
    other.publish(10, 'a');
    await quiet();
  },
  async 'an exclusive queue unbound by others'({ first, another, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { exclusive: true }));
    first.send(1, 'queue.bind', bind('a', 'amq.direct', 'k'));
    await quiet();
    const other = await another();
    other.send(1, 'channel.open', {});
    other.send(1, 'queue.unbind', unbind('a', 'amq.direct', 'k'));
    await quiet();
  },
};
