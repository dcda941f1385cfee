import type { Arguments } from '../../protocol/methods.ts';
import {
  askQueue,
  checkExclusive,
  checkHome,
  checkName,
  findQueue,
  nameOf,
  noQueue,
  queueName,
} from './ask-queue.ts';
import type { ChannelState, Handlers } from './channel-state.ts';
import type { Binding } from './bindings.ts';
import { checkBindingEnds, checkHeadersBinding } from './exchange-methods.ts';
import { checkDefinition, checkSameQueue, defineQueue } from './define-queue.ts';
import { notImplemented, preconditionFailed } from './problem.ts';
import { answerReplyDeclare, isReplyName } from './reply-to.ts';

type Declare = Arguments<'queue.declare'>;

function answerDeclare(channel: ChannelState, name: string, nowait: boolean): void {
  const queue = channel.connection.vhost.queues.get(name);
  if (queue === undefined) throw noQueue(channel, name);
  channel.lastQueue = name;
  if (nowait) return;
  channel.send('queue.declare-ok', {
    queue: name,
    messageCount: queue.messageCount,
    consumerCount: queue.consumers.count,
  });
}

function declarePassively(channel: ChannelState, method: Declare): void {
  const name = method.queue;
  const queue = channel.connection.vhost.queues.get(name);
  if (queue === undefined) throw noQueue(channel, name);
  const answer = (): void => {
    checkExclusive(channel, queue);
    answerDeclare(channel, name, method.nowait);
  };
  if (method.nowait) answer();
  else askQueue(channel, queue, answer);
}

function declare(channel: ChannelState, method: Declare): void {
  const { vhost, broker } = channel.connection;
  if (method.queue !== '') checkName('queue', method.queue);
  const name = method.queue === '' ? broker.uniqueName('amq.gen-') : method.queue;
  const known = vhost.queues.get(name);
  if (known === undefined) {
    checkDefinition(channel, name, method);
    vhost.addQueue(defineQueue(channel, name, method));
    answerDeclare(channel, name, method.nowait);
    return;
  }
  checkHome(channel, known);
  checkSameQueue(channel, known, method);
  if (method.nowait) answerDeclare(channel, name, true);
  else askQueue(channel, known, () => answerDeclare(channel, name, false));
}

export const queueMethods: Handlers = {
  'queue.declare'(channel, method) {
    if (isReplyName(method.queue)) answerReplyDeclare(channel, method);
    else if (method.passive) declarePassively(channel, method);
    else declare(channel, method);
  },
  'queue.bind'(channel, method) {
    const name = queueName(channel, method.queue);
    checkBindingEnds(channel, [method.exchange]);
    const queue = findQueue(channel, name);
    checkHeadersBinding(channel, method.exchange, method.arguments);
    // Both empty stand for the queue that was declared last.
    const routingKey = method.queue === '' && method.routingKey === '' ? queue.name : method.routingKey;
    channel.connection.vhost.bindings.add({
      source: method.exchange,
      destination: { kind: 'queue', name: queue.name },
      routingKey,
      arguments: method.arguments,
    });
    if (!method.nowait) channel.send('queue.bind-ok', {});
  },
  'queue.unbind'(channel, method) {
    const name = queueName(channel, method.queue);
    const { vhost } = channel.connection;
    const binding: Binding = {
      source: method.exchange,
      destination: { kind: 'queue', name },
      routingKey: method.queue === '' && method.routingKey === '' ? name : method.routingKey,
      arguments: method.arguments,
    };
    const queue = vhost.queues.get(name);
    if (queue !== undefined && vhost.bindings.has(binding)) checkExclusive(channel, queue);
    vhost.unbind(binding);
    channel.send('queue.unbind-ok', {});
  },
  'queue.purge'(channel, method) {
    const queue = findQueue(channel, queueName(channel, method.queue));
    askQueue(channel, queue, () => {
      const messageCount = queue.purge();
      if (!method.nowait) channel.send('queue.purge-ok', { messageCount });
    });
  },
  'queue.delete'(channel, method) {
    const { vhost } = channel.connection;
    const name = queueName(channel, method.queue);
    if (!vhost.queues.has(name)) {
      if (!method.nowait) channel.send('queue.delete-ok', { messageCount: 0 });
      return;
    }
    const queue = findQueue(channel, name);
    if (queue.type === 'quorum' && (method.ifUnused || method.ifEmpty)) {
      throw notImplemented(
        `cannot delete ${nameOf('queue', name, vhost.name)}. queue.delete operations with ` +
          `${method.ifUnused ? 'if-unused' : 'if-empty'} flag set are not supported by quorum queues`,
      );
    }
    askQueue(channel, queue, () => {
      if (method.ifUnused && queue.consumers.count > 0) {
        throw preconditionFailed(`${nameOf('queue', name, vhost.name)} in use`);
      }
      if (method.ifEmpty && queue.messageCount > 0) {
        throw preconditionFailed(`${nameOf('queue', name, vhost.name)} not empty`);
      }
      const { messageCount } = queue;
      vhost.deleteQueue(queue);
      if (!method.nowait) channel.send('queue.delete-ok', { messageCount });
    });
  },
};
