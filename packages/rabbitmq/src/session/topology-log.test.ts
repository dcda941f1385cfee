import { describe, expect, it } from 'vitest';
import type { Method } from '../protocol/methods.ts';
import type { TopologyLog } from './topology-log.ts';
import { declaredAgain, emptyLog, forgetAutoDelete, learn, toDeclare } from './topology-log.ts';

const queue = (
  name: string,
  how: Partial<Record<'durable' | 'exclusive' | 'autoDelete' | 'passive', boolean>> = {},
): Method => ({
  name: 'queue.declare',
  queue: name,
  passive: false,
  durable: false,
  exclusive: false,
  autoDelete: false,
  nowait: false,
  arguments: {},
  ...how,
});
const exchange = (
  name: string,
  how: { readonly durable?: boolean; readonly autoDelete?: boolean } = {},
): Method => ({
  name: 'exchange.declare',
  exchange: name,
  type: 'topic',
  passive: false,
  durable: false,
  autoDelete: false,
  internal: false,
  nowait: false,
  arguments: {},
  ...how,
});
const bind = (name: string, to: string, routingKey = ''): Method => ({
  name: 'queue.bind',
  queue: name,
  exchange: to,
  routingKey,
  nowait: false,
  arguments: {},
});
const log = (...methods: readonly Method[]): TopologyLog => methods.reduce(learn, emptyLog);
const names = (...methods: readonly Method[]): readonly string[] =>
  toDeclare(log(...methods), 'transient').map((each) =>
    each.name === 'exchange.declare'
      ? each.exchange
      : each.name === 'queue.bind'
        ? `${each.exchange}>${each.queue}`
        : 'queue' in each
          ? each.queue
          : each.name,
  );

describe('what is declared again', () => {
  it('is what the broker drops with a connection or a node, in the order in which it stands on each other', () => {
    expect(
      names(
        queue('kept', { durable: true }),
        queue('mine', { exclusive: true }),
        exchange('news', { autoDelete: true }),
        exchange('facts', { durable: true }),
        bind('mine', 'news'),
        bind('mine', 'facts'),
        bind('kept', 'facts'),
        bind('kept', 'news'),
      ),
    ).toEqual(['news', 'mine', 'news>mine', 'facts>mine', 'news>kept']);
  });

  it('is nothing that was deleted, unbound, only asked for, or predeclared', () => {
    expect(
      names(
        queue('gone'),
        exchange('old'),
        bind('gone', 'old'),
        { name: 'queue.delete', queue: 'gone', ifUnused: false, ifEmpty: false, nowait: false },
        { name: 'exchange.delete', exchange: 'old', ifUnused: false, nowait: false },
        queue('asked', { passive: true }),
        exchange('amq.topic'),
        queue('mine'),
        bind('mine', 'amq.topic', 'a'),
        { name: 'queue.unbind', queue: 'mine', exchange: 'amq.topic', routingKey: 'a', arguments: {} },
      ),
    ).toEqual(['mine']);
  });

  it('is no auto-delete exchange whose last binding went, and no auto-delete queue whose last consumer did', () => {
    const known = log(
      exchange('news', { autoDelete: true }),
      queue('mine', { autoDelete: true }),
      bind('mine', 'news'),
    );
    expect(toDeclare(forgetAutoDelete(known, 'mine'), 'transient')).toEqual([]);
  });

  it('is everything or nothing where that was asked for', () => {
    const known = log(
      queue('kept', { durable: true }),
      exchange('facts', { durable: true }),
      bind('kept', 'facts'),
    );
    expect(toDeclare(known, 'all')).toHaveLength(3);
    expect(toDeclare(known, 'transient')).toEqual([]);
    expect(toDeclare(known, 'none')).toEqual([]);
  });

  it('is what a consumer waits for: its queue, if the broker drops that by itself, unless nothing is', () => {
    const known = log(queue('kept', { durable: true }), queue('mine'));
    const again = (['transient', 'all', 'none'] as const).flatMap((which) =>
      ['kept', 'mine', 'unknown'].map((name) => declaredAgain(known, which, name)?.queue),
    );
    const mine = [undefined, 'mine', undefined];
    expect(again).toEqual([...mine, ...mine, undefined, undefined, undefined]);
  });
});
