import type { ChannelState } from './channel-state.ts';
import { accessRefused, notFound, resourceLocked, type AmqpProblem } from './problem.ts';
import type { Queue } from './queue.ts';

export const nameOf = (kind: 'queue' | 'exchange', name: string, vhost: string): string =>
  `${kind} '${name}' in vhost '${vhost}'`;

export function noQueue(channel: ChannelState, name: string): AmqpProblem {
  return notFound(`no ${nameOf('queue', name, channel.connection.vhost.name)}`);
}

/** An empty name is the queue that the channel declared last. */
export function queueName(channel: ChannelState, name: string): string {
  if (name !== '') return name;
  if (channel.lastQueue === '') throw notFound('no previously declared queue');
  return channel.lastQueue;
}

/** @throws AmqpProblem if there is none, its home is down, or it is exclusive to another connection */
export function findQueue(channel: ChannelState, name: string): Queue {
  const queue = channel.connection.vhost.queues.get(name);
  if (queue === undefined) throw noQueue(channel, name);
  checkHome(channel, queue);
  checkExclusive(channel, queue);
  return queue;
}

export function checkHome(channel: ChannelState, queue: Queue): void {
  if (queue.availability !== 'down') return;
  const { vhost } = channel.connection;
  if (vhost.queues.get(queue.name) !== queue) throw noQueue(channel, queue.name);
  throw notFound(
    `home node '${queue.home ?? ''}' of durable ${nameOf('queue', queue.name, vhost.name)} is down or inaccessible`,
  );
}

export function checkExclusive(channel: ChannelState, queue: Queue): void {
  if (queue.exclusiveTo === undefined || queue.exclusiveTo === channel.connection) return;
  throw locked(channel, queue);
}

export function locked(channel: ChannelState, queue: Queue): AmqpProblem {
  return resourceLocked(
    `cannot obtain exclusive access to locked ${nameOf('queue', queue.name, channel.connection.vhost.name)}. ` +
      'It could be originally declared on another connection or the exclusive property value does not match ' +
      'that of the original declaration.',
  );
}

export function checkName(kind: 'queue' | 'exchange', name: string): void {
  if (name.startsWith('amq.')) throw accessRefused(`${kind} name '${name}' contains reserved prefix 'amq.*'`);
}

/**
 * Does what needs an answer of the queue. While it has none to give, the channel stands still; what was begun before
 * an election is answered only long after it, as an old leader was asked.
 */
export function askQueue(channel: ChannelState, queue: Queue, action: () => void): void {
  if (queue.availability !== 'waiting') {
    checkHome(channel, queue);
    action();
    return;
  }
  const { runtime, settings } = channel.connection.broker;
  const askedTerm = queue.term;
  const answerAt = runtime.now() + settings.stuckMs;
  const goOn = channel.block();
  const answer = (): void =>
    goOn(() => {
      checkHome(channel, queue);
      action();
    });
  queue.whenAnswering(channel, () => {
    if (queue.term === askedTerm) answer();
    else runtime.after(Math.max(0, answerAt - runtime.now()), () => queue.whenAnswering(channel, answer));
  });
}
