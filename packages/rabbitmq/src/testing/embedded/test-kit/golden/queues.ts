import type { Scenarios } from './scenario.ts';
import {
  bind,
  cancel,
  consume,
  declare,
  exchange,
  get,
  hold,
  passive,
  purge,
  quorum,
  remove,
  removeExchange,
  requeue,
} from '../speak.ts';

export const queues: Scenarios = {
  async 'named by the server, and called by the empty name'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('', { exclusive: true }));
    first.send(1, 'queue.bind', bind('', 'amq.direct', ''));
    first.send(1, 'basic.consume', consume('', ''));
    await quiet();
  },
  async 'exclusive and durable'({ first, another, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { exclusive: true, durable: true }));
    await quiet();
    first.send(1, 'queue.declare', declare('a', { exclusive: true, durable: false }));
    await quiet();
    const other = await another();
    first.stream.destroy();
    await quiet();
    other.send(1, 'channel.open', {});
    other.send(1, 'queue.declare', declare('a', passive));
    await quiet();
  },
  async 'transient, after its connection'({ first, another, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { durable: false }));
    await quiet();
    first.stream.destroy();
    const other = await another();
    other.send(1, 'channel.open', {});
    other.send(1, 'queue.declare', declare('a', { durable: false, passive: true }));
    await quiet();
  },
  async 'deleted with its last consumer, and its exchange too'({ first, quiet }) {
    for (const n of [1, 2, 3]) first.send(n, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { autoDelete: true }));
    first.send(1, 'exchange.declare', exchange('e', 'fanout', { autoDelete: true }));
    first.send(1, 'queue.bind', bind('a', 'e'));
    first.send(1, 'basic.consume', consume('a', 't'));
    await quiet();
    first.send(1, 'basic.cancel', cancel('t'));
    await quiet();
    first.send(2, 'queue.declare', declare('a', passive));
    await quiet();
    first.send(3, 'exchange.declare', exchange('e', 'fanout', passive));
    await quiet();
  },
  async 'purged while a message is in hand'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.publish(1, 'a', '1');
    first.publish(1, 'a', '2');
    first.send(1, 'basic.get', hold('a'));
    first.send(1, 'queue.purge', purge('a'));
    await quiet();
  },
  async 'a quorum queue purged while a message is in hand'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', quorum));
    first.publish(1, 'a', 'x');
    first.publish(1, 'a', 'y');
    await quiet();
    first.send(1, 'basic.get', hold('a'));
    await quiet();
    first.send(1, 'queue.purge', purge('a'));
    await quiet();
    first.send(1, 'basic.nack', requeue(1));
    await quiet();
    first.send(1, 'queue.declare', declare('a', passive));
    await quiet();
  },
  async 'deleted under conditions'({ first, quiet }) {
    for (const n of [1, 2, 3, 4, 5, 6]) first.send(n, 'channel.open', {});
    first.send(1, 'queue.delete', remove('nope'));
    first.send(1, 'queue.declare', declare('a'));
    first.publish(1, 'a', 'x');
    await quiet();
    first.send(2, 'queue.delete', remove('a', { ifEmpty: true }));
    await quiet();
    first.send(3, 'basic.consume', consume('a', 't'));
    await quiet();
    first.send(4, 'queue.delete', remove('a', { ifUnused: true }));
    await quiet();
    first.send(5, 'queue.delete', remove('a'));
    await quiet();
  },
  async 'a quorum queue deleted if unused'({ first, quiet }) {
    for (const n of [1, 2, 3]) first.send(n, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', quorum));
    await quiet();
    first.send(2, 'queue.delete', remove('a', { ifUnused: true }));
    await quiet();
  },
  async 'a quorum queue deleted if empty'({ first, quiet }) {
    for (const n of [1, 2, 3]) first.send(n, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', quorum));
    await quiet();
    first.send(2, 'queue.delete', remove('a', { ifEmpty: true }));
    await quiet();
  },
  async 'without waiting'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { nowait: true }));
    first.send(1, 'exchange.declare', exchange('e', 'direct', { nowait: true }));
    first.send(1, 'queue.bind', bind('a', 'e', 'k', { nowait: true }));
    first.send(1, 'confirm.select', { nowait: true });
    first.publish(1, 'k', 'x', { exchange: 'e' });
    await quiet();
    first.send(1, 'basic.consume', consume('a', 't', { nowait: true }));
    await quiet();
    first.send(1, 'basic.cancel', cancel('t', true));
    first.send(1, 'queue.purge', purge('a', true));
    first.send(1, 'queue.delete', remove('a', { nowait: true }));
    first.send(1, 'exchange.delete', removeExchange('e', { ifUnused: false, nowait: true }));
    first.send(1, 'queue.declare', declare('a', passive));
    await quiet();
  },
  async 'with a single active consumer'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { arguments: { 'x-single-active-consumer': true } }));
    first.send(1, 'basic.consume', consume('a', 't'));
    first.send(1, 'basic.consume', consume('a', 'u'));
    first.publish(1, 'a', 'x');
    await quiet();
    first.send(1, 'queue.declare', declare('a', passive));
    await quiet();
    first.send(1, 'basic.cancel', cancel('t'));
    await quiet();
    first.publish(1, 'a', 'y');
    await quiet();
    first.send(1, 'basic.get', get('a'));
    await quiet();
  },
};
