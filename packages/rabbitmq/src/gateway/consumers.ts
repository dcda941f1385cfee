import type { Ms } from '@failover/core';
import { isTransientClose } from '../protocol/close-reason.ts';
import type { Method } from '../protocol/methods.ts';
import { replyCode } from '../protocol/reply-code.ts';
import type { Consumer } from '../session/consumer.ts';
import { askedAgain, consumerLike } from '../session/consumer.ts';
import { declaredAgain } from '../session/topology-log.ts';
import { callNode } from './call.ts';
import type { Channel } from './channel.ts';
import { removeConsumer } from './complete.ts';
import type { Connection } from './connection.ts';
import { isEnding, nowOf } from './connection.ts';
import { tellClient } from './frames.ts';
import { askNode } from './request.ts';
import { consumerPauseMs, isPrompt, mayTry } from './try-pace.ts';

/** ms before a consumer that was refused is tried again; doubles up to the most. */
const retryMs = { first: 50, most: 2000 };
/** ms between two tries that nobody answers. */
const tryEveryMs = 100;
/** ms between two tries that declare: a node that hangs stops every declare of its cluster for a minute. */
const declareEveryMs = 1000;

/** Registers a consumer upstream as it was, with the prefetch that it had. */
export function restoreConsumer(connection: Connection, channel: Channel, consumer: Consumer): void {
  usePrefetch(connection, channel, consumer.prefetch);
  consumer.state = 'active';
  askNode(connection, channel, 'basic.consume', askedAgain(consumer), () => {
    consumer.failures = 0;
    consumer.since = 0;
  });
}

/** RabbitMQ applies `basic.qos` to the consumers that come after it. */
export function usePrefetch(connection: Connection, channel: Channel, prefetchCount: number): void {
  if (channel.upstreamPrefetch === prefetchCount) return;
  channel.upstreamPrefetch = prefetchCount;
  askNode(connection, channel, 'basic.qos', { prefetchSize: 0, prefetchCount, global: false });
}

/** The node cancelled it: the queue is gone, or only out of reach for a while. */
export function consumerCancelled(connection: Connection, channel: Channel, tag: string): void {
  const consumer = channel.consumers.get(tag);
  if (consumer === undefined) return;
  setAside(connection, channel, consumer);
}

/** The node refused it: it waits, or it is lost for good. */
export function consumerRefused(
  connection: Connection,
  channel: Channel,
  consumer: Consumer,
  code: number,
  text: string,
): void {
  const { log, gateway } = connection;
  const { holdMs, redeclare } = gateway.config;
  const now = nowOf(connection);
  consumer.state = 'waiting';
  // Several tries that are refused together are one refusal.
  const isNew = now >= consumer.notBefore;
  if (isNew) consumer.failures += 1;
  if (consumer.since === 0) consumer.since = now;
  // Its queue went with a node or with its last consumer, and each try declares it.
  const comesBack =
    code === replyCode.notFound && declaredAgain(log, redeclare, consumer.asked.queue) !== undefined;
  const isTooOld = now - consumer.since >= holdMs;
  if (isTooOld || !(comesBack || mayPass(code, text))) {
    consumerLost(connection, channel, consumer);
    return;
  }
  if (!isNew) return;
  const ms = Math.min(retryMs.most, retryMs.first * 2 ** Math.min(consumer.failures, 8));
  consumer.notBefore = now + ms * (0.5 + gateway.runtime.random());
}

/** An exclusive queue or consumer of a connection that is gone stays locked until the cluster has noticed. */
function mayPass(code: number, text: string): boolean {
  return (
    isTransientClose(code, text) ||
    code === replyCode.resourceLocked ||
    (code === replyCode.accessRefused && /exclusive/i.test(text))
  );
}

/**
 * It could not be registered, or nobody knows whether it can: from now on that is tried on channels of our own, since a
 * refusal would cost the client's whole channel, and a queue whose leader hangs would stop it.
 */
export function setAside(connection: Connection, channel: Channel, consumer: Consumer): void {
  if (consumer.since === 0) consumer.since = nowOf(connection);
  consumer.state = 'waiting';
  consumer.failures = Math.max(1, consumer.failures);
  forgetTries(consumer);
  keepTrying(connection, channel, consumer);
}

/** One chain of timers for each round, which ends only with the round. */
function keepTrying(connection: Connection, channel: Channel, consumer: Consumer): void {
  const { upstream, gateway } = connection;
  const { round } = consumer;
  const isStillWanted = (): boolean =>
    connection.upstream === upstream &&
    !isEnding(connection) &&
    consumer.round === round &&
    consumer.state === 'waiting' &&
    channel.consumers.get(consumer.tag) === consumer &&
    channel.phase === 'open';
  // Without a node behind us the restoring of the channel begins again.
  if (upstream === undefined) return;

  let triedAt: Ms = -Infinity;

  const tick = (): void => {
    if (!isStillWanted()) return;
    // A channel may wait for a minute although a new one is served at once, so nobody waits for the last try.
    const now = nowOf(connection);
    const isDue = now - triedAt >= consumerPauseMs(connection, consumer.since);
    if (isDue && now >= consumer.notBefore && mayTry(connection, consumer.since)) tryOnce(now);
    connection.after(tryEveryMs * (0.8 + 0.4 * gateway.runtime.random()), tick);
  };

  const tryOnce = (now: Ms): void => {
    const methods = registration(connection, consumer);
    const declares = methods.some(({ name }) => name === 'queue.declare');
    triedAt = now;
    if (declares) consumer.notBefore = now + declareEveryMs;
    consumer.tries += 1;
    // However late: what waited long is answered once there is a leader.
    callNode(connection, methods, Infinity, (end) => {
      if (!isStillWanted()) return;
      if (end.type !== 'silent') connection.stirredAt = nowOf(connection);
      consumer.tries -= 1;
      if (end.type === 'closed') consumerRefused(connection, channel, consumer, end.code, end.text);
      // In the middle of a message its channel takes nothing else: the next try is soon.
      else if (end.type === 'done' && channel.publishing === undefined && isPrompt(connection, now))
        readmit(connection, channel, consumer);
    });
  };

  tick();
}

/** What is under way for it says nothing about what comes now. */
export function forgetTries(consumer: Consumer): void {
  consumer.tries = 0;
  consumer.round += 1;
}

function readmit(connection: Connection, channel: Channel, consumer: Consumer): void {
  consumer.failures = 0;
  consumer.since = 0;
  consumer.notBefore = 0;
  forgetTries(consumer);
  if (channel.upstreamId === 0) return;
  restoreConsumer(connection, channel, consumer);
  usePrefetch(connection, channel, channel.prefetch);
}

/**
 * What shows that it can be registered: its queue declared again where that is ours to do, and a consumer like it. This
 * one is cancelled before it gives back what it got. A node works on tries that were given up too, and on all of them at
 * once when a leader that hung goes on or dies: each would be there when the one before gave its message back, and since
 * 4.0 a quorum queue drops a message that came back 20 times.
 */
function registration({ log, gateway }: Connection, consumer: Consumer): readonly Method[] {
  const { queue } = consumer.asked;
  const declared = declaredAgain(log, gateway.config.redeclare, queue);
  const declares: readonly Method[] =
    declared === undefined
      ? []
      : [
          declared,
          ...[...log.bindings.values()].filter((bind) => bind.name === 'queue.bind' && bind.queue === queue),
        ];
  // Its last consumer would take it along.
  if (log.queues.get(queue)?.autoDelete === true) return declares;
  return [
    ...declares,
    ...consumerLike(askedAgain(consumer)),
    { name: 'basic.cancel', consumerTag: consumer.tag, nowait: false },
  ];
}

/** For good: its client is told, if it said that it wants to know. */
function consumerLost(connection: Connection, channel: Channel, consumer: Consumer): void {
  connection.gateway.counters.consumersLost += 1;
  removeConsumer(connection, channel, consumer.tag);
  if (connection.hears.cancel) {
    tellClient(connection, channel.id, 'basic.cancel', { consumerTag: consumer.tag, nowait: true });
  }
}
