import type { Ms } from '@failover/core';
import type { Connection } from './connection.ts';
import { nowOf } from './connection.ts';
import { hasSetAside } from './consumers.ts';
import { declareAgain } from './declare-again.ts';
import { unblocked } from './hear-node.ts';
import { loseChannel } from './lose-channel.ts';
import { finishRestore, restoreChannel } from './restore.ts';
import type { Upstream } from './upstream.ts';

/**
 * ms that what was not confirmed waits at most for consumers that are tried apart, and between two looks at them: behind
 * thousands of messages they would wait for all of these.
 */
const consumersFirstMs = 200;
const lookMs = 5;

/** Sets the client up on a node as it was on the one before. `taken`: numbers of channels that are not free there. */
export function moveTo(connection: Connection, upstream: Upstream, taken: ReadonlySet<number>): void {
  const { channels, upstreamChannels } = connection;
  connection.upstream = upstream;
  connection.downSince = undefined;
  upstreamChannels.clear();
  for (const id of taken) upstreamChannels.set(id, { type: 'abandoned' });
  const finish = (): void => {
    if (connection.upstream !== upstream) return;
    connection.isSettingUp = false;
    for (const channel of [...channels.values()]) finishRestore(connection, channel);
  };
  connection.isSettingUp = true;
  const isBehindConsumers = hasSetAside(connection);
  declareAgain(connection, () => {
    if (isBehindConsumers) afterConsumers(connection, nowOf(connection) + consumersFirstMs, finish);
    else finish();
  });
  for (const channel of [...channels.values()]) {
    if (channel.phase !== 'closed') restoreChannel(connection, channel);
  }
  upstream.flush();
  connection.onHeld();
}

/** Calls back once no consumer is set aside any more, or it is `until`. Not at once: they were not tried here yet. */
function afterConsumers(connection: Connection, until: Ms, done: () => void): void {
  connection.after(lookMs, () => {
    if (nowOf(connection) >= until || !hasSetAside(connection)) done();
    else afterConsumers(connection, until, done);
  });
}

/** The node is gone from under the client. `mayHang`: so may others, or the leaders of its queues. */
export function moveAway(connection: Connection, reason: string, mayHang: boolean): void {
  if (connection.upstream === undefined) return;
  connection.gateway.counters.switches += 1;
  for (const channel of [...connection.channels.values()]) {
    if (channel.upstreamId !== 0) loseChannel(connection, channel, reason, mayHang);
  }
  connection.upstreamChannels.clear();
  connection.upstream = undefined;
  connection.downSince = nowOf(connection);
  connection.isSettingUp = false;
  unblocked(connection);
}
