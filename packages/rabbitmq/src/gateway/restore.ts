import { declaredAgain } from '../session/topology-log.ts';
import type { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import { nowOf, takeUpstreamId } from './connection.ts';
import { restoreConsumer, setAside, usePrefetch } from './consumers.ts';
import { published, releaseHeld, toNode } from './from-client.ts';
import { tellClient } from './frames.ts';
import { eachFrame, markResent, moveMessage } from './message.ts';
import type { Message } from './message.ts';
import { askNode, sendRequest } from './request.ts';
import { promptRejections } from './try-pace.ts';

/** Messages of one channel that go again at a time: behind thousands no other channel, and no other client, is served. */
const resendAtOnce = 256;

/**
 * Opens the channel upstream and sets it up as it was. All is sent at once and nothing waits for an answer: a channel
 * works in order, so what the client sends behind it finds it ready.
 */
export function restoreChannel(connection: Connection, channel: Channel): void {
  const id = takeUpstreamId(connection, channel.id, { type: 'client', channel });
  if (id === undefined) return;
  channel.upstreamId = id;
  channel.upstreamPrefetch = 0;
  channel.progressAt = nowOf(connection);
  askNode(connection, channel, 'channel.open', {}, () => {
    if (channel.phase !== 'opening') return;
    channel.phase = 'open';
    tellClient(connection, channel.id, 'channel.open-ok', {});
  });
  // The client's own request to open it is the one that was just made.
  channel.again = channel.again.filter(({ method }) => method.name !== 'channel.open');
  if (channel.mode.type === 'confirm') askNode(connection, channel, 'confirm.select', { nowait: false });
  if (channel.mode.type === 'tx') askNode(connection, channel, 'tx.select', {});
  if (channel.globalPrefetch !== 0) {
    const prefetchCount = channel.globalPrefetch;
    askNode(connection, channel, 'basic.qos', { prefetchSize: 0, prefetchCount, global: true });
  }
  // Consumers of queues that the broker keeps never wait for a declare.
  const { isSettingUp, log, gateway } = connection;
  const { redeclare } = gateway.config;
  restoreConsumers(
    connection,
    channel,
    (queue) => !isSettingUp || declaredAgain(log, redeclare, queue) === undefined,
  );
  if (!isSettingUp) finishRestore(connection, channel);
}

/** Everything that it stands on is declared: the rest, and then what the client sent meanwhile. */
export function finishRestore(connection: Connection, channel: Channel): void {
  if (channel.upstreamId === 0 || channel.gate !== 'restoring') return;
  restoreConsumers(connection, channel, () => true);
  usePrefetch(connection, channel, channel.prefetch);
  for (const request of channel.again.splice(0)) sendRequest(connection, channel, { ...request });
  channel.gate = 'resending';
  resend(connection, channel);
}

/** What was not confirmed goes again, in order and as the node confirms it; then the rest may go. */
export function resend(connection: Connection, channel: Channel): void {
  const { mode, unsent } = channel;
  const open = mode.type === 'confirm' ? mode.publishes.count : 0;
  // What will probably be nacked again goes alone.
  const isDoubtful = channel.rejections > 0 && channel.rejections <= promptRejections;
  const atOnce = isDoubtful ? 1 : resendAtOnce;
  if (open > atOnce / 2) return;
  const most = mode.type === 'confirm' ? atOnce - open : unsent.length;
  for (const message of unsent.splice(0, most)) {
    if (message.resent === 'due') markResent(message, newId(connection));
    sendMessage(connection, channel, message);
    published(connection, channel, message);
  }
  if (unsent.length > 0) return;
  if (channel.publishing !== undefined) sendMessage(connection, channel, channel.publishing);
  channel.gate = 'open';
  releaseHeld(connection, channel);
}

function newId({ gateway }: Connection): string | undefined {
  const { random } = gateway.runtime;
  const digits = (): string => random().toString(36).slice(2);
  return gateway.config.stampIds ? `failover-${digits()}${digits()}` : undefined;
}

function restoreConsumers(
  connection: Connection,
  channel: Channel,
  mayNow: (queue: string) => boolean,
): void {
  for (const consumer of channel.consumers.values()) {
    if (consumer.state === 'active' || !mayNow(consumer.asked.queue)) continue;
    // One that was refused, or whose queue may hang, is tried apart.
    if (consumer.failures === 0) restoreConsumer(connection, channel, consumer);
    else if (consumer.tries === 0) setAside(connection, channel, consumer);
  }
}

function sendMessage(connection: Connection, channel: Channel, message: Message): void {
  moveMessage(message, channel.upstreamId);
  eachFrame(message, (bytes, from, to) => {
    toNode(connection, channel, bytes, from, to);
  });
}
