import type { Connection } from './connection.ts';
import { nowOf } from './connection.ts';
import { declareAgain } from './declare-again.ts';
import { unblocked } from './hear-node.ts';
import { loseChannel } from './lose-channel.ts';
import { finishRestore, restoreChannel } from './restore.ts';
import type { Upstream } from './upstream.ts';

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
  declareAgain(connection, finish);
  for (const channel of [...channels.values()]) {
    if (channel.phase !== 'closed') restoreChannel(connection, channel);
  }
  upstream.flush();
  connection.onHeld();
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
