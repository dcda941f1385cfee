import type { Cancel } from '@failover/core';
import { channelAt } from '../protocol/frame.ts';
import { abandonUpstream } from './close-channel.ts';
import type { Connection } from './connection.ts';
import { nowOf } from './connection.ts';
import { hangUp } from './hang-up.ts';
import type { Upstream } from './upstream.ts';

/** A connection to a node whose client is gone, and that is not ended yet. */
export interface StayBehind {
  readonly upstream: Upstream;
  /** A whole frame of the node. False: it is ended. */
  hear(bytes: Buffer, from: number, to: number): boolean;
  /** It ended by itself. */
  ended(): void;
}

/** How many tries may be left to the node. Each returns the first message of its queue once, and 20 returns drop it. */
const harmlessTries = 10;
/** ms that it stays at most: by then the cluster has given up a node that hangs. */
const stayMs = 65_000;
const beatMs = 1000;

/**
 * Must the connection to the node outlive its client? While a leader hangs, the tries of its consumers wait there. When
 * the leader goes on, all of them are served, and only on a living connection can they be cancelled before they pass the
 * first message of their queue from one to the next.
 */
export function mustStay({ ear, log, upstreamChannels }: Connection): boolean {
  // In process nobody waits for a minute to end; and who comes again wants its exclusive queues.
  if (ear !== undefined || [...log.queues.values()].some(({ exclusive }) => exclusive)) return false;
  return countTries(upstreamChannels) > harmlessTries;
}

function countTries(upstreamChannels: Connection['upstreamChannels']): number {
  let count = 0;
  for (const use of upstreamChannels.values()) if (use.type === 'call' && use.consumes) count += 1;
  return count;
}

/** What was the client's is given back now. Calls back when it has ended. */
export function stayBehind(connection: Connection, upstream: Upstream, onEnded: () => void): StayBehind {
  const { gateway, upstreamChannels } = connection;
  const until = nowOf(connection) + stayMs;
  let stopTimer: Cancel = () => undefined;
  for (const channel of connection.channels.values()) abandonUpstream(connection, channel);

  function ended(): void {
    stopTimer();
    onEnded();
  }

  function leave(): void {
    ended();
    hangUp(connection, upstream, 'the client is gone');
  }

  function beat(): void {
    stopTimer = gateway.runtime.after(beatMs, () => {
      if (nowOf(connection) >= until) {
        leave();
        return;
      }
      // Before it is looked at, since that may end it.
      beat();
      upstream.beat(nowOf(connection));
    });
  }

  upstream.resume();
  beat();
  return {
    upstream,
    ended,
    hear(bytes, from, to) {
      const use = upstreamChannels.get(channelAt(bytes, from));
      if (use?.type === 'call') use.onFrame(bytes, from, to);
      if (countTries(upstreamChannels) > 0) return true;
      leave();
      return false;
    },
  };
}
