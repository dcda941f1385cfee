import type { Arguments } from '../../protocol/methods.ts';
import { askMetadata } from './ask-metadata.ts';
import { askQueue, checkExclusive, checkHome, findQueue, nameOf, queueName } from './ask-queue.ts';
import { declarePassively, declareQueue } from './declare-queue.ts';
import type { Binding } from './bindings.ts';
import type { ChannelState, Handlers } from './channel-state.ts';
import { checkBindingEnds, checkHeadersBinding } from './exchange-methods.ts';
import { notImplemented, preconditionFailed } from './problem.ts';
import type { Queue } from './queue.ts';
import { answerReplyDeclare, isReplyName } from './reply-to.ts';
import { hidesLostQueues } from './series.ts';

function bindingOf(
  channel: ChannelState,
  method: Arguments<'queue.bind'> | Arguments<'queue.unbind'>,
): Binding {
  const name = queueName(channel, method.queue);
  return {
    source: method.exchange,
    destination: { kind: 'queue', name },
    // Both empty stand for the queue that was declared last.
    routingKey: method.queue === '' && method.routingKey === '' ? name : method.routingKey,
    arguments: method.arguments,
  };
}

function deleteQueue(channel: ChannelState, queue: Queue, method: Arguments<'queue.delete'>): void {
  const { vhost } = channel.connection;
  const title = nameOf('queue', queue.name, vhost.name);
  if (method.ifUnused && queue.consumers.count > 0) throw preconditionFailed(`${title} in use`);
  if (method.ifEmpty && queue.messageCount > 0) throw preconditionFailed(`${title} not empty`);
  // What is lost with its home can be deleted, and nobody knows how much was in it.
  const messageCount = queue.availability === 'down' ? 0 : queue.messageCount;
  vhost.deleteQueue(queue);
  if (!method.nowait) channel.send('queue.delete-ok', { messageCount });
}

export const queueMethods: Handlers = {
  'queue.declare'(channel, method) {
    if (isReplyName(method.queue)) answerReplyDeclare(channel, method);
    else if (method.passive) declarePassively(channel, method);
    else declareQueue(channel, method);
  },
  'queue.bind'(channel, method) {
    const binding = bindingOf(channel, method);
    checkBindingEnds(channel, [method.exchange]);
    const queue = findQueue(channel, binding.destination.name);
    if (hidesLostQueues(channel.connection.broker)) checkHome(channel, queue);
    checkHeadersBinding(channel, method.exchange, method.arguments);
    askMetadata(channel, () => {
      channel.connection.vhost.bindings.add(binding);
      if (!method.nowait) channel.send('queue.bind-ok', {});
    });
  },
  'queue.unbind'(channel, method) {
    const { vhost } = channel.connection;
    const binding = bindingOf(channel, method);
    const queue = vhost.queues.get(binding.destination.name);
    if (queue !== undefined && vhost.bindings.has(binding)) checkExclusive(channel, queue);
    askMetadata(channel, () => {
      vhost.unbind(binding);
      channel.send('queue.unbind-ok', {});
    });
  },
  'queue.purge'(channel, method) {
    const queue = findQueue(channel, queueName(channel, method.queue));
    askQueue(channel, queue, () => {
      const messageCount = queue.purge();
      if (!method.nowait) channel.send('queue.purge-ok', { messageCount });
    });
  },
  'queue.delete'(channel, method) {
    const { vhost, broker } = channel.connection;
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
    if (queue.availability === 'down' && !hidesLostQueues(broker)) deleteQueue(channel, queue, method);
    else askQueue(channel, queue, () => askMetadata(channel, () => deleteQueue(channel, queue, method)));
  },
};
