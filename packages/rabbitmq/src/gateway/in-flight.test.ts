import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Arguments, MethodName } from '../protocol/methods.ts';
import { methods } from '../protocol/methods.ts';
import { isReply } from '../protocol/traits.ts';
import { openRawClient } from '../testing/embedded/test-kit/raw-client.ts';
import type { RawClient } from '../testing/embedded/test-kit/raw-client.ts';
import {
  bind,
  bindExchange,
  cancel,
  consume,
  declare,
  exchange,
  farewell,
  get,
  hold,
  purge,
  qos,
  quorum,
  remove,
  removeExchange,
  unbind,
} from '../testing/embedded/test-kit/speak.ts';
import { tapNodes } from './test-kit/tap-nodes.ts';
import { all, here, openWorld } from './test-kit/world.ts';
import type { World } from './test-kit/world.ts';

// Numbers in brackets are those of the statements in docs/rabbitmq.md.

let one: World;
let client: RawClient;
/** Stands between the gateway and its nodes. */
let onBytes: (bytes: Buffer, cut: () => void) => Buffer;

beforeEach(async () => {
  onBytes = (bytes) => bytes;
  one = await openWorld({}, {}, (runtime) =>
    tapNodes(runtime, { onBytes: (bytes, stream) => onBytes(bytes, () => stream.destroy()) }),
  );
  client = openRawClient({ runtime: one.testbed.runtime, endpoint: here });
  await one.until(client.take());
  await answered('channel.open', {});
});

afterEach(() => one[Symbol.asyncDispose]());

async function next(): Promise<string> {
  const heard = await one.until(client.take());
  if (heard === undefined) return 'closed';
  const { method } = heard;
  return method.name === 'channel.close' ? `${method.replyCode} ${method.replyText}` : method.name;
}

async function answered<N extends MethodName>(name: N, values: Arguments<N>): Promise<void> {
  client.send(1, name, values);
  expect(await next()).toBe(`${name}-ok`);
}

const queue = declare('q', quorum);
const consumer = consume('q', 'c', { noAck: true });
const bound = bindExchange('amq.fanout', 'amq.topic', 'a');

type Sent = { readonly [N in MethodName]: readonly [name: N, values: Arguments<N>] }[MethodName];

/** With its name, for the titles. */
const named = (all: readonly Sent[]) => all.map((sent) => ({ name: sent[0], sent }));

const again: readonly Sent[] = [
  ['exchange.declare', exchange('x', 'fanout', { durable: false })],
  ['exchange.delete', removeExchange('x')],
  ['exchange.bind', bound],
  ['exchange.unbind', bound],
  ['queue.declare', queue],
  ['queue.bind', bind('q', 'amq.topic', 'a')],
  ['queue.unbind', unbind('q', 'amq.topic', 'a')],
  ['queue.delete', remove('other')],
  ['basic.qos', qos(5)],
  ['basic.consume', consumer],
  ['confirm.select', { nowait: false }],
  ['tx.select', {}],
];
const over: readonly Sent[] = [
  ['channel.close', farewell],
  ['basic.cancel', cancel('c')],
  ['basic.recover', { requeue: true }],
];
const unknown: readonly Sent[] = [['queue.purge', purge('q')]];

/** It is sent, and the node that has it is lost before it answers. */
async function lost([name, values]: Sent): Promise<string> {
  const { testbed } = one;
  await one.untilSo(() => one.counter('upstreams') === 1);
  await testbed.runtime.advance(100);
  all(testbed, (member) => testbed.hang(member));
  client.send(1, name, values);
  await testbed.runtime.advance(20);
  all(testbed, (member) => testbed.kill(member));
  await testbed.runtime.advance(20);
  const early = client.heard.map(({ method }) => method.name);
  all(testbed, (member) => testbed.restart(member));
  const answer = await next();
  return early.length === 0 ? answer : `${answer} at once`;
}

describe('what was asked and not answered when its node was lost', () => {
  it.each(named(again))('$name is asked again', async ({ name, sent }) => {
    await answered('queue.declare', queue);
    expect(await lost(sent)).toBe(`${name}-ok`);
    await answered('queue.declare', queue);
  });

  it.each(named(over))('$name was done by the loss: it is answered at once', async ({ name, sent }) => {
    await answered('queue.declare', queue);
    await answered('basic.consume', consumer);
    expect(await lost(sent)).toBe(`${name}-ok at once`);
  });

  it.each(named(unknown))('$name may have been done: its channel closes with 541', async ({ name, sent }) => {
    await answered('queue.declare', queue);
    expect(await lost(sent)).toMatch(new RegExp(`^541 .*${name} was sent and not answered.* at once$`));
    expect(one.counter('unknown')).toBe(1);
  });

  it('basic.get is asked again, but not with noAck', async () => {
    await answered('queue.declare', queue);
    expect(await lost(['basic.get', hold('q')])).toBe('basic.get-empty');
    expect(await lost(['basic.get', get('q')])).toMatch(/^541 .*basic\.get was sent/);
  });

  it('tx.commit may have been done; tx.rollback is done', async () => {
    await answered('tx.select', {});
    expect(await lost(['tx.rollback', {}])).toBe('tx.rollback-ok at once');
    expect(await lost(['tx.commit', {}])).toMatch(/^541 .*tx\.commit was sent and not answered/);
  });

  it('is all that has an answer', () => {
    const asked = Object.keys(methods).filter((name) => isReply(`${name}-ok` as MethodName));
    const tried = [...again, ...over, ...unknown].map(([name]): string => name);
    const others = ['basic.get', 'channel.flow', 'channel.open', 'tx.commit', 'tx.rollback'];
    expect([...tried, ...others].sort()).toEqual(asked.sort());
  });
});

describe('a message that came back', () => {
  it('[13] and whose ack is lost with its node is confirmed, and does not come back twice', async () => {
    await answered('confirm.select', { nowait: false });
    const ack = Buffer.from([0, 60, 0, 80]);
    let isCut = false;
    onBytes = (bytes, cut) => {
      const at = bytes.indexOf(ack);
      if (isCut || at < 0) return bytes;
      isCut = true;
      // After the data event, as the network would.
      queueMicrotask(cut);
      return bytes.subarray(0, at - 7);
    };
    client.publish(1, 'nobody', 'lost', { mandatory: true });
    expect(await next()).toBe('basic.return');
    await one.untilSo(() => one.counter('switches') === 1);
    expect(await next()).toBe('basic.ack');
    await answered('queue.declare', queue);
    expect(isCut).toBe(true);
    expect(one.counter('resent')).toBe(0);
    expect(client.heard).toEqual([]);
  });
});

describe('a consumer whose queue is deleted', () => {
  it.each([
    ['is told to a client that asked to be told', { consumer_cancel_notify: true }, ['basic.cancel']],
    ['[24] is not told to one that did not', {}, []],
  ])('%s', async (_title, capabilities, told) => {
    const { testbed, until } = one;
    const listener = openRawClient({ runtime: testbed.runtime, endpoint: here, capabilities });
    await until(listener.take());
    listener.send(1, 'channel.open', {});
    listener.send(1, 'queue.declare', queue);
    listener.send(1, 'basic.consume', consumer);
    for (let at = 0; at < 3; at += 1) await until(listener.take());
    await answered('queue.delete', remove('q'));
    await one.untilSo(() => one.counter('consumersLost') === 1);
    await testbed.runtime.advance(100);
    expect(listener.heard.map(({ method }) => method.name)).toEqual(told);
  });
});
