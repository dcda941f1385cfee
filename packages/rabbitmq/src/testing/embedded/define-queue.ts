import type { Arguments } from '../../protocol/methods.ts';
import { locked, nameOf } from './ask-queue.ts';
import type { Table } from '../../protocol/table.ts';
import type { ChannelState } from './channel-state.ts';
import { checkSame, checkSameArguments } from './equivalence.ts';
import { preconditionFailed } from './problem.ts';
import type { Queue, QueueDefinition } from './queue.ts';

type Declare = Arguments<'queue.declare'>;

/** Arguments that a repeated declaration must repeat. */
const comparedArguments = [
  'x-queue-type',
  'x-expires',
  'x-message-ttl',
  'x-dead-letter-exchange',
  'x-dead-letter-routing-key',
  'x-dead-letter-strategy',
  'x-max-length',
  'x-max-length-bytes',
  'x-max-priority',
  'x-overflow',
  'x-queue-mode',
  'x-single-active-consumer',
  'x-delivery-limit',
];

const membersOfQuorum = 3;

const isDurable = (method: Declare): boolean => method.durable && !method.exclusive;

export function checkDefinition(channel: ChannelState, name: string, method: Declare): void {
  const type = method.arguments['x-queue-type'];
  const title = nameOf('queue', name, channel.connection.vhost.name);
  if (type !== undefined && type !== 'classic' && type !== 'quorum') {
    const plain = typeof type === 'string' ? type : JSON.stringify(type);
    throw preconditionFailed(`invalid arg 'x-queue-type' for ${title}: "unsupported queue type '${plain}'"`);
  }
  if (type !== 'quorum') return;
  if (method.queue === '') {
    throw preconditionFailed('Cannot declare a server-named queue for type rabbit_quorum_queue');
  }
  const invalid = method.exclusive
    ? 'exclusive-owner'
    : !method.durable
      ? 'non-durable'
      : method.autoDelete
        ? 'auto-delete'
        : undefined;
  if (invalid !== undefined) throw preconditionFailed(`invalid property '${invalid}' for ${title}`);
}

/** The queue is led by, or at home on, the node that the client is connected to. */
export function defineQueue(channel: ChannelState, name: string, method: Declare): QueueDefinition {
  const { node, broker } = channel.connection;
  const type = method.arguments['x-queue-type'] === 'quorum' ? 'quorum' : 'classic';
  const others = broker.nodeNames.filter((other) => other !== node);
  const isUp = (other: string): boolean => broker.healthOf(other) === 'up';
  const candidates = [...others.filter(isUp), ...others.filter((other) => !isUp(other))];
  return {
    name,
    type,
    home: node,
    members: type === 'classic' ? [node] : [node, ...candidates.slice(0, membersOfQuorum - 1)],
    isDurable: isDurable(method),
    isAutoDelete: method.autoDelete,
    exclusiveTo: method.exclusive ? channel.connection.id : undefined,
    arguments: withType(method.arguments),
  };
}

/** Who names no type means the default one. */
const withType = (args: Table): Table => ({ 'x-queue-type': 'classic', ...args });

/** @throws AmqpProblem if the declaration does not fit the queue that is there */
export function checkSameQueue(channel: ChannelState, queue: Queue, method: Declare): void {
  if (queue.exclusiveTo !== (method.exclusive ? channel.connection.id : undefined))
    throw locked(channel, queue);
  const title = nameOf('queue', queue.name, channel.connection.vhost.name);
  checkSame('durable', title, isDurable(method), queue.isDurable);
  checkSame('auto_delete', title, method.autoDelete, queue.isAutoDelete);
  checkSameArguments(title, comparedArguments, withType(method.arguments), queue.arguments);
}
