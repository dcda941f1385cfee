import type { ChannelState } from './channel-state.ts';
import { accessRefused, notFound, resourceLocked, type AmqpProblem } from './problem.ts';
import type { Queue } from './queue.ts';
import { hidesLostQueues } from './series.ts';

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

/** @throws AmqpProblem if there is none, or it is exclusive to another connection */
export function findQueue(channel: ChannelState, name: string): Queue {
  const queue = channel.connection.vhost.queues.get(name);
  if (queue === undefined) throw noQueue(channel, name);
  checkExclusive(channel, queue);
  return queue;
}

/** @throws AmqpProblem if it cannot be reached, or was deleted meanwhile */
export function checkHome(channel: ChannelState, queue: Queue): void {
  if (queue.availability !== 'down') return;
  if (queue.isClosed) throw noQueue(channel, queue.name);
  const title = nameOf('queue', queue.name, channel.connection.vhost.name);
  throw notFound(`home node '${queue.home ?? ''}' of durable ${title} is down or inaccessible`);
}

export function checkExclusive(channel: ChannelState, queue: Queue): void {
  if (queue.exclusiveTo === undefined || queue.exclusiveTo === channel.connection.id) return;
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

/** Does what needs an answer of the queue. While it has none to give, the channel stands still. */
export function askQueue(channel: ChannelState, queue: Queue, action: () => void): void {
  if (queue.availability === 'up') return action();
  const { broker } = channel.connection;
  if (queue.isClosed || (queue.availability === 'down' && hidesLostQueues(broker))) checkHome(channel, queue);
  const goOn = channel.block();
  const answer = (): void =>
    goOn(() => {
      checkHome(channel, queue);
      action();
    });
  if (queue.type === 'quorum' || hidesLostQueues(broker)) queue.ask(channel, answer);
  else awaitHome(channel, queue, answer, goOn);
}

/** RabbitMQ 4 looks for a lost home again and again, for a minute after it saw that it is lost. */
function awaitHome(
  channel: ChannelState,
  queue: Queue,
  answer: () => void,
  goOn: (action: () => void) => void,
): void {
  const { broker, vhost, after } = channel.connection;
  const { stuckMs } = broker.settings;
  const cancelTimer = after(queue.availability === 'down' ? stuckMs : 2 * stuckMs, () => {
    takeBack();
    goOn(() => {
      const title = nameOf('queue', queue.name, vhost.name);
      throw notFound(`failed to perform operation on ${title} due to timeout`);
    });
  });
  const takeBack = queue.awaitHome(channel, () => {
    cancelTimer();
    answer();
  });
}
