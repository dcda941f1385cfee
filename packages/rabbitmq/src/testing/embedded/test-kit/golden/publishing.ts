import type { Scenarios } from './scenario.ts';
import { ack, declare, exchange, get, hold } from '../speak.ts';

export const publishing: Scenarios = {
  async 'to an exchange that is not there'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.publish(1, 'k', 'x', { exchange: 'nope' });
    await quiet();
  },
  async 'to an internal exchange'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'exchange.declare', exchange('e', 'direct', { internal: true }));
    first.publish(1, 'k', 'x', { exchange: 'e' });
    await quiet();
  },
  async 'mandatory, to nobody'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'confirm.select', { nowait: false });
    await quiet();
    first.publish(1, 'nope', 'x', { mandatory: true, properties: { messageId: 'm' } });
    await quiet();
  },
  async 'mandatory, to an exchange without bindings'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'exchange.declare', exchange('e', 'fanout'));
    first.send(1, 'confirm.select', { nowait: false });
    await quiet();
    first.publish(1, 'x', 'x', { exchange: 'e', mandatory: true });
    await quiet();
  },
  async immediate({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'basic.publish', { exchange: '', routingKey: 'k', mandatory: false, immediate: true });
    await quiet();
  },
  async 'as somebody else'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.publish(1, 'k', 'x', { properties: { userId: 'other' } });
    await quiet();
  },
  async 'bodies of all sizes'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    for (const n of [0, 131064, 131065, 300000]) first.publish(1, 'a', Buffer.alloc(n, 65));
    for (let i = 0; i < 4; i++) first.send(1, 'basic.get', get('a'));
    await quiet();
  },
  async 'with all properties'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.publish(1, 'a', 'x', {
      properties: {
        contentType: 't',
        headers: { a: 1, b: [1, 'x', null], c: { d: true } },
        deliveryMode: 2,
        priority: 3,
        correlationId: 'c',
        replyTo: 'r',
        expiration: '60000',
        messageId: 'm',
        timestamp: 123,
        type: 'ty',
        userId: 'guest',
        appId: 'app',
      },
    });
    first.send(1, 'basic.get', get('a'));
    await quiet();
  },
  async 'modes that exclude each other'({ first, quiet }) {
    for (const n of [1, 2, 3]) first.send(n, 'channel.open', {});
    first.send(1, 'tx.select', {});
    first.send(1, 'confirm.select', { nowait: false });
    first.send(2, 'confirm.select', { nowait: false });
    first.send(2, 'tx.select', {});
    first.send(3, 'tx.commit', {});
    await quiet();
  },
  async 'in transactions'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(2, 'channel.open', {});
    first.send(1, 'tx.rollback', {});
    await quiet();
    first.send(2, 'tx.select', {});
    first.send(2, 'queue.declare', declare('a'));
    first.publish(2, 'a', 'x');
    first.publish(2, 'a', 'y');
    first.send(2, 'queue.declare', declare('a'));
    first.send(2, 'tx.commit', {});
    await quiet();
    first.send(2, 'basic.get', hold('a'));
    first.send(2, 'basic.ack', ack(1));
    first.send(2, 'tx.rollback', {});
    first.send(2, 'basic.ack', ack(1));
    first.send(2, 'tx.commit', {});
    await quiet();
    first.send(2, 'queue.declare', declare('a'));
    await quiet();
    first.publish(2, 'k', 'x', { exchange: 'nope' });
    await quiet();
  },
  async flow({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'channel.flow', { active: true });
    await quiet();
    first.send(1, 'channel.flow', { active: false });
    await quiet();
  },
};
