import type { Scenarios } from './scenario.ts';
import { ack, consume, declare, farewell, get, hold, passive, quorum, requeue } from '../speak.ts';

export const deliveries: Scenarios = {
  async 'unknown tags'({ first, quiet }) {
    for (const n of [1, 2, 3, 4]) first.send(n, 'channel.open', {});
    first.send(1, 'basic.ack', ack(7));
    first.send(2, 'basic.reject', { deliveryTag: 7, requeue: true });
    first.send(3, 'basic.nack', requeue(7, true));
    first.send(4, 'basic.ack', ack(0, true));
    await quiet();
    first.send(4, 'basic.ack', ack(0));
    await quiet();
  },
  async 'multiple with gaps'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    for (const b of 'abcd') first.publish(1, 'a', b);
    first.send(1, 'basic.consume', consume('a', 't'));
    await quiet();
    first.send(1, 'basic.ack', ack(3));
    first.send(1, 'basic.ack', ack(2, true));
    await quiet();
    first.send(1, 'basic.ack', ack(3, true));
    await quiet();
  },
  async 'tag zero'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.publish(1, 'a', 'x');
    first.send(1, 'basic.get', hold('a'));
    await quiet();
    first.send(1, 'basic.nack', requeue(0, true));
    await quiet();
    first.send(1, 'basic.get', hold('a'));
    await quiet();
    first.send(1, 'basic.nack', requeue(0));
    await quiet();
  },
  async redelivery({ first, another, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    for (const b of 'abcd') first.publish(1, 'a', b);
    first.send(1, 'basic.consume', consume('a', 't'));
    await quiet();
    first.send(1, 'basic.nack', requeue(2));
    await quiet();
    first.send(1, 'channel.close', farewell);
    await quiet();
    const other = await another();
    other.send(1, 'channel.open', {});
    other.send(1, 'basic.consume', consume('a', 'u'));
    await quiet();
  },
  async 'redelivery of a quorum queue'({ first, another, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', quorum));
    for (const b of 'abcd') first.publish(1, 'a', b, { properties: { headers: { k: 'v' } } });
    first.send(1, 'basic.consume', consume('a', 't'));
    await quiet();
    first.send(1, 'basic.nack', requeue(2));
    await quiet();
    first.send(1, 'channel.close', farewell);
    await quiet();
    const other = await another();
    other.send(1, 'channel.open', {});
    other.send(1, 'basic.consume', consume('a', 'u'));
    await quiet();
    other.send(1, 'basic.reject', { deliveryTag: 2, requeue: true });
    other.send(1, 'basic.reject', { deliveryTag: 1, requeue: true });
    await quiet();
  },
  async 'the order in which a quorum queue takes back'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', quorum));
    for (const b of 'abcd') first.publish(1, 'a', b);
    await quiet();
    for (let i = 0; i < 3; i++) first.send(1, 'basic.get', hold('a'));
    await quiet();
    first.send(1, 'basic.nack', requeue(3));
    first.send(1, 'basic.nack', requeue(1));
    first.send(1, 'basic.nack', requeue(2));
    await quiet();
    for (let i = 0; i < 4; i++) first.send(1, 'basic.get', get('a'));
    await quiet();
  },
  async 'the order in which a classic queue takes back'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    for (const b of 'abcd') first.publish(1, 'a', b);
    await quiet();
    for (let i = 0; i < 3; i++) first.send(1, 'basic.get', hold('a'));
    await quiet();
    first.send(1, 'basic.nack', requeue(3));
    first.send(1, 'basic.nack', requeue(1));
    first.send(1, 'basic.nack', requeue(2));
    await quiet();
    for (let i = 0; i < 4; i++) first.send(1, 'basic.get', get('a'));
    await quiet();
  },
  async recover({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.publish(1, 'a', '1');
    first.send(1, 'basic.get', hold('a'));
    await quiet();
    first.send(1, 'basic.recover', { requeue: true });
    first.send(1, 'basic.get', hold('a'));
    await quiet();
    first.send(1, 'basic.ack', ack(1));
    await quiet();
  },
  async 'recover without requeue'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'basic.recover', { requeue: true });
    await quiet();
    first.send(1, 'basic.recover', { requeue: false });
    await quiet();
  },
  async 'without acknowledgement'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', quorum));
    for (const b of 'abc') first.publish(1, 'a', b);
    await quiet();
    first.send(1, 'basic.consume', consume('a', 't', { noAck: true }));
    await quiet();
    first.send(1, 'queue.declare', declare('a', passive));
    await quiet();
  },
  async 'get from no queue'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'basic.get', get('nope'));
    await quiet();
  },
};
