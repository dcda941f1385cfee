import type { Scenarios } from './scenario.ts';
import {
  bind,
  bindExchange,
  declare,
  exchange,
  get,
  passive,
  purge,
  removeExchange,
  unbind,
} from '../speak.ts';

export const exchanges: Scenarios = {
  async 'with a reserved name'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'exchange.declare', exchange('amq.mine', 'direct'));
    await quiet();
  },
  async 'with a reserved name, as it is'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'exchange.declare', exchange('amq.direct', 'direct'));
    await quiet();
  },
  async 'a predeclared one deleted'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'exchange.delete', removeExchange('amq.direct'));
    await quiet();
  },
  async 'the default one'({ first, quiet }) {
    for (const n of [1, 2, 3, 4, 5]) first.send(n, 'channel.open', {});
    first.send(1, 'exchange.declare', exchange('', 'direct'));
    first.send(2, 'exchange.declare', exchange('', 'direct', passive));
    first.send(3, 'exchange.delete', removeExchange(''));
    first.send(4, 'queue.declare', declare('a'));
    await quiet();
    first.send(4, 'queue.bind', bind('a', '', 'x'));
    first.send(5, 'exchange.bind', bindExchange('amq.direct', '', 'x'));
    await quiet();
  },
  async 'of no type that there is'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'exchange.declare', exchange('e', 'odd'));
    await quiet();
  },
  async 'declared otherwise'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'exchange.declare', exchange('e', 'direct'));
    first.send(1, 'exchange.declare', exchange('e', 'topic'));
    await quiet();
    first.send(2, 'channel.open', {});
    first.send(2, 'exchange.declare', exchange('e', 'direct', { durable: false }));
    await quiet();
    first.send(3, 'channel.open', {});
    first.send(3, 'exchange.declare', exchange('e', 'direct', { autoDelete: true }));
    await quiet();
    first.send(4, 'channel.open', {});
    first.send(4, 'exchange.declare', exchange('e', 'direct', { internal: true }));
    first.send(5, 'channel.open', {});
    first.send(5, 'exchange.declare', exchange('e', 'direct', { arguments: { 'alternate-exchange': 'x' } }));
    await quiet();
  },
  async 'deleted if unused'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'exchange.delete', removeExchange('nope'));
    first.send(1, 'exchange.declare', exchange('e', 'direct'));
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'queue.bind', bind('a', 'e', 'k'));
    first.send(1, 'exchange.delete', removeExchange('e', { ifUnused: true, nowait: false }));
    await quiet();
  },
  async 'unbound in vain'({ first, quiet }) {
    for (const n of [1, 2, 3, 4, 5]) first.send(n, 'channel.open', {});
    const u = (queue: string, source: string) => unbind(queue, source, 'k');
    first.send(1, 'queue.declare', declare('a'));
    await quiet();
    first.send(1, 'queue.unbind', u('a', 'amq.direct'));
    first.send(2, 'queue.unbind', u('nope', 'amq.direct'));
    first.send(3, 'queue.unbind', u('a', 'nope'));
    first.send(4, 'queue.unbind', u('nope', 'nope'));
    await quiet();
    first.send(5, 'exchange.unbind', bindExchange('nope', 'amq.direct', 'k'));
    await quiet();
  },
  async 'bound to nothing'({ first, quiet }) {
    for (const n of [1, 2, 3, 4, 5]) first.send(n, 'channel.open', {});
    first.send(1, 'queue.bind', bind('nope', 'amq.direct', 'k'));
    first.send(2, 'queue.declare', declare('a'));
    await quiet();
    first.send(2, 'queue.bind', bind('a', 'nope', 'k'));
    first.send(3, 'queue.bind', bind('nope', 'nope', 'k'));
    first.send(4, 'exchange.bind', bindExchange('nope', 'amq.direct', 'k'));
    await quiet();
  },
  async 'a headers binding that makes no sense'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'queue.bind', bind('a', 'amq.headers', '', { arguments: { 'x-match': 'odd' } }));
    await quiet();
  },
  async 'of type headers'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    for (const n of ['a', 'b', 'd']) first.send(1, 'queue.declare', declare(n));
    first.send(
      1,
      'queue.bind',
      bind('a', 'amq.headers', '', { arguments: { 'x-match': 'all', k: 'v', n: 1 } }),
    );
    first.send(
      1,
      'queue.bind',
      bind('b', 'amq.headers', '', { arguments: { 'x-match': 'any', k: 'v', n: 1 } }),
    );
    first.send(1, 'queue.bind', bind('d', 'amq.headers', '', { arguments: { k: null } }));
    first.publish(1, '', '1', { exchange: 'amq.headers', properties: { headers: { k: 'v', n: 1 } } });
    first.publish(1, '', '2', { exchange: 'amq.headers', properties: { headers: { k: 'v' } } });
    first.publish(1, '', '3', { exchange: 'amq.headers', properties: { headers: { k: 5 } } });
    first.publish(1, '', '4', { exchange: 'amq.headers' });
    await quiet();
    for (const n of ['a', 'b', 'd']) first.send(1, 'queue.declare', declare(n));
    await quiet();
  },
  async 'of type topic'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    const keys = ['#', 'a.#', 'a.*', '*.b', 'a', '#.b.#', '*', '', 'a.*.c', '#.#'];
    keys.forEach((k, i) => {
      first.send(1, 'queue.declare', declare(`t${i}`));
      first.send(1, 'queue.bind', bind(`t${i}`, 'amq.topic', k));
    });
    for (const k of ['', 'a', 'a.b', 'a.b.c', 'b', '.', 'a.', '.a'])
      first.publish(1, k, 'x', { exchange: 'amq.topic' });
    await quiet();
    keys.forEach((_k, i) => first.send(1, 'queue.purge', purge(`t${i}`)));
    await quiet();
  },
  async 'bound to each other'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(1, 'exchange.declare', exchange('s', 'topic'));
    first.send(1, 'exchange.declare', exchange('d', 'direct'));
    first.send(1, 'exchange.bind', bindExchange('d', 's', 'a.#'));
    first.send(1, 'exchange.bind', bindExchange('s', 'd', 'a.b'));
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'queue.bind', bind('a', 'd', 'a.b'));
    first.publish(1, 'a.b', 'x', { exchange: 's' });
    await quiet();
    first.send(1, 'queue.declare', declare('a'));
    await quiet();
  },
  async 'with an alternate'({ first, quiet }) {
    first.send(1, 'channel.open', {});
    first.send(
      1,
      'exchange.declare',
      exchange('e', 'direct', { arguments: { 'alternate-exchange': 'amq.fanout' } }),
    );
    first.send(1, 'queue.declare', declare('a'));
    first.send(1, 'queue.bind', bind('a', 'amq.fanout'));
    first.publish(1, 'nope', 'x', { exchange: 'e', mandatory: true });
    await quiet();
    first.send(1, 'basic.get', get('a'));
    await quiet();
  },
};
