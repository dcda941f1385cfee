import type { Arguments } from '../../protocol/methods.ts';
import { askMetadata } from './ask-metadata.ts';
import { askQueue, checkExclusive, checkName, noQueue } from './ask-queue.ts';
import { hasMajority } from './availability.ts';
import type { ChannelState } from './channel-state.ts';
import { checkDefinition, checkSameQueue, defineQueue } from './define-queue.ts';
import { AmqpProblem } from './problem.ts';
import type { Queue, QueueDefinition } from './queue.ts';
import { replyCode } from '../../protocol/reply-code.ts';

type Declare = Arguments<'queue.declare'>;

/** ms that RabbitMQ waits for the leader of a quorum queue to count; then it says 0. */
const countMs = 250;
/** ms that the members of a new quorum queue have to come together. */
const formationMs = 15_000;

/** Also without an answer of the queue: then nothing is counted. */
function answer(channel: ChannelState, queue: Queue, nowait: boolean): void {
  const { broker, vhost } = channel.connection;
  const count = (isCounted: boolean): void => {
    // Deleted in the meantime.
    if (vhost.queues.get(queue.name) !== queue) throw noQueue(channel, queue.name);
    channel.lastQueue = queue.name;
    if (nowait) return;
    const messageCount = isCounted ? queue.messageCount : 0;
    const consumerCount = isCounted ? queue.consumers.count : 0;
    channel.send('queue.declare-ok', { queue: queue.name, messageCount, consumerCount });
  };
  if (queue.type === 'classic') {
    if (nowait) count(false);
    else askQueue(channel, queue, () => count(true));
    return;
  }
  const health = queue.home === undefined ? 'down' : broker.healthOf(queue.home);
  if (health !== 'hung') return count(health === 'up');
  const goOn = channel.block();
  channel.connection.after(countMs, () => goOn(() => count(queue.availability === 'up')));
}

export function declarePassively(channel: ChannelState, { queue: name, nowait }: Declare): void {
  const queue = channel.connection.vhost.queues.get(name);
  if (queue === undefined) throw noQueue(channel, name);
  checkExclusive(channel, queue);
  answer(channel, queue, nowait);
}

export function declareQueue(channel: ChannelState, method: Declare): void {
  const { vhost, broker } = channel.connection;
  if (method.queue !== '') checkName('queue', method.queue);
  const name = method.queue === '' ? broker.uniqueName('amq.gen-') : method.queue;
  const known = vhost.queues.get(name);
  if (known !== undefined) {
    checkSameQueue(channel, known, method);
    answer(channel, known, method.nowait);
    return;
  }
  checkDefinition(channel, name, method);
  askMetadata(channel, () =>
    form(channel, defineQueue(channel, name, method), (queue) => answer(channel, queue, method.nowait)),
  );
}

/** A quorum queue is there once most of its members are; it is tried once more before it is given up. */
function form(channel: ChannelState, definition: QueueDefinition, done: (queue: Queue) => void): void {
  const { vhost, broker, node, after } = channel.connection;
  const create = (): void => done(vhost.queues.get(definition.name) ?? vhost.addQueue(definition));
  const isFormed = (): boolean => definition.type === 'classic' || hasMajority(definition, broker.healthOf);
  if (isFormed()) return create();
  const goOn = channel.block();
  after(formationMs, () =>
    goOn(() => {
      if (isFormed()) return create();
      throw new AmqpProblem(
        replyCode.internalError,
        `Cannot declare quorum queue '${definition.name}' in vhost '${vhost.name}' on node '${node}' ` +
          `with leader on node '${node}': cluster_not_formed`,
      );
    }),
  );
}
