import type { Scenarios } from './scenario.ts';
import { consume, declare, exchange, passive, quorum } from '../speak.ts';

export const declarations: Scenarios = {
  async 'declared twice'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'queue.declare', declare('a'));
    await quiet();
  },
  async 'durable, then not'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'queue.declare', declare('a', { durable: false }));
    await quiet();
  },
  async 'classic, then quorum'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'queue.declare', declare('a', quorum));
    await quiet();
  },
  async 'quorum, then classic'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', quorum));
    first.send(1, 'queue.declare', declare('a'));
    await quiet();
  },
  async 'without a type, then classic'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'queue.declare', declare('a', { arguments: { 'x-queue-type': 'classic' } }));
    await quiet();
  },
  async 'another argument'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { arguments: { 'x-max-length': 5 } }));
    first.send(1, 'queue.declare', declare('a', { arguments: { 'x-max-length': 6 } }));
    await quiet();
  },
  async 'without its argument'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { arguments: { 'x-max-length': 5 } }));
    first.send(1, 'queue.declare', declare('a'));
    await quiet();
  },
  async 'with one more argument'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'queue.declare', declare('a', { arguments: { 'x-max-length': 5 } }));
    await quiet();
  },
  async 'auto-delete, and not before'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'queue.declare', declare('a', { autoDelete: true }));
    await quiet();
  },
  async 'exclusive, and not before'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'queue.declare', declare('a', { exclusive: true }));
    await quiet();
  },
  async 'of no type that there is'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { arguments: { 'x-queue-type': 'odd' } }));
    await quiet();
  },
  async 'a transient quorum queue'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { ...quorum, durable: false }));
    await quiet();
  },
  async 'an exclusive quorum queue'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { ...quorum, exclusive: true }));
    await quiet();
  },
  async 'an auto-delete quorum queue'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a', { ...quorum, autoDelete: true }));
    await quiet();
  },
  async 'a quorum queue without a name'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('', quorum));
    await quiet();
  },
  async 'with a reserved name'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('amq.mine'));
    await quiet();
  },
  async 'asked for in vain'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('nope', passive));
    first.send(2, 'channel.open', {});
    first.send(2, 'exchange.declare', exchange('nope', 'direct', passive));
    await quiet();
  },
  async 'an empty name without a queue before'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('', passive));
    first.send(2, 'channel.open', {});
    first.send(2, 'basic.consume', consume('', ''));
    await quiet();
  },
};
