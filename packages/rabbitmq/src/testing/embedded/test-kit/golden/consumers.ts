import type { Scenarios } from './scenario.ts';
import { ack, cancel, consume, declare, get, passive, qos, quorum, remove } from '../speak.ts';

export const consumers: Scenarios = {
  async 'a tag used twice'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'basic.consume', consume('a', 't'));
    await quiet();
    first.send(1, 'basic.consume', consume('a', 't'));
    await quiet();
  },
  async exclusive({ first, quiet }) {
    for (const n of [1, 2, 3]) first.send(n, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'basic.consume', consume('a', 't', { exclusive: true }));
    await quiet();
    first.send(2, 'basic.consume', consume('a', 'u'));
    await quiet();
    first.send(3, 'basic.get', get('a'));
    await quiet();
  },
  async 'exclusive at a quorum queue'({ first, quiet }) {
    for (const n of [1, 2, 3]) first.send(n, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', quorum));
    first.send(1, 'basic.consume', consume('a', 't', { exclusive: true }));
    await quiet();
    first.send(2, 'basic.consume', consume('a', 'u'));
    await quiet();
  },
  async 'exclusive too late'({ first, quiet }) {
    for (const n of [1, 2, 3]) first.send(n, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'basic.consume', consume('a', 't'));
    await quiet();
    first.send(2, 'basic.consume', consume('a', 'u', { exclusive: true }));
    await quiet();
  },
  async 'single active'({ first, quiet }) {
    for (const n of [1, 2, 3]) first.send(n, 'channel.open', {});
    first.send(
      1,
      'queue.declare',
      declare('a', { arguments: { 'x-queue-type': 'quorum', 'x-single-active-consumer': true } }),
    );
    first.send(1, 'basic.consume', consume('a', 't'));
    await quiet();
    first.send(2, 'basic.consume', consume('a', 'u'));
    await quiet();
    first.publish(3, 'a', 'x');
    await quiet();
    first.send(1, 'basic.cancel', cancel('t'));
    first.publish(3, 'a', 'y');
    await quiet();
    first.send(3, 'basic.get', get('a'));
    await quiet();
  },
  async 'cancelled in vain'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'basic.cancel', cancel('nope'));
    await quiet();
  },
  async 'without a queue any more'({ first, another, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'basic.consume', consume('a', 't'));
    await quiet();
    const other = await another();
    other.send(1, 'channel.open', {});
    other.send(1, 'queue.delete', remove('a'));
    await quiet();
  },
  async 'a prefetch in bytes'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'basic.qos', { prefetchSize: 5, prefetchCount: 1, global: false });
    await quiet();
  },
  async 'a global prefetch at a quorum queue'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', quorum));
    first.send(1, 'basic.qos', qos(5, true));
    first.send(1, 'basic.consume', consume('a', 't'));
    await quiet();
  },
  async 'a prefetch that lifts the global one'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    for (const b of 'abcdef') first.publish(1, 'a', b);
    first.send(1, 'basic.qos', qos(3, true));
    first.send(1, 'basic.qos', qos(2));
    first.send(1, 'basic.consume', consume('a', 't'));
    first.send(1, 'basic.consume', consume('a', 'u'));
    await quiet();
    first.send(1, 'basic.ack', ack(1));
    await quiet();
  },
  async 'a global prefetch'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    for (const b of 'abcdef') first.publish(1, 'a', b);
    first.send(1, 'basic.qos', qos(3, true));
    await quiet();
    first.send(1, 'basic.consume', consume('a', 't'));
    await quiet();
    first.send(1, 'basic.consume', consume('a', 'u'));
    await quiet();
    first.send(1, 'basic.ack', ack(1));
    await quiet();
    first.send(1, 'basic.qos', qos(5, true));
    await quiet();
  },
  async 'with priorities'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'basic.consume', consume('a', 'low'));
    first.send(1, 'basic.consume', consume('a', 'high', { arguments: { 'x-priority': 5 } }));
    first.publish(1, 'a', '1');
    first.publish(1, 'a', '2');
    await quiet();
  },
  async 'in turns'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'basic.consume', consume('a', 't', { noAck: true }));
    first.send(1, 'basic.consume', consume('a', 'u', { noAck: true }));
    await quiet();
    for (const b of 'abcdef') first.publish(1, 'a', b);
    await quiet();
  },
  async 'direct replies'({ first, another, quiet }) {
    for (const n of [1, 2, 3, 4, 5]) first.send(n, 'channel.open', {});
    first.publish(1, 'nope', 'x', { properties: { replyTo: 'amq.rabbitmq.reply-to' } });
    await quiet();
    first.send(2, 'basic.consume', consume('amq.rabbitmq.reply-to', ''));
    await quiet();
    first.send(3, 'basic.consume', consume('amq.rabbitmq.reply-to', 'r', { noAck: true }));
    first.send(3, 'queue.declare', declare('a', { exclusive: true }));
    first.publish(3, 'a', 'ask', { properties: { replyTo: 'amq.rabbitmq.reply-to', correlationId: '1' } });
    await quiet();
    first.send(4, 'basic.get', get('a'));
    const to = (await quiet()).at(-1)?.properties?.replyTo ?? '';
    const other = await another();
    other.send(1, 'channel.open', {});
    other.send(1, 'confirm.select', { nowait: false });
    other.send(1, 'queue.declare', declare(to, passive));
    other.publish(1, to, 'answer', { mandatory: true, properties: { correlationId: '1' } });
    await quiet();
    first.send(4, 'queue.declare', declare('amq.rabbitmq.reply-to'));
    await quiet();
    first.send(3, 'basic.consume', consume('amq.rabbitmq.reply-to', 'r2', { noAck: true }));
    await quiet();
    other.send(1, 'queue.declare', declare(to, passive));
    await quiet();
    other.send(2, 'channel.open', {});
    other.send(2, 'basic.get', get('amq.rabbitmq.reply-to'));
    await quiet();
  },
};
