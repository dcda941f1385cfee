import type { Ms } from '@failover/core';
import type { Connection } from './connection.ts';
import { nowOf } from './connection.ts';
import { hangUp } from './hang-up.ts';
import { giveUpSilent } from './lose-channel.ts';
import { isOurs } from './request.ts';
import type { Owed, Spare } from './spare.ts';
import { createSpare, hearOn, isDue, isWornOut, nextTryMs, tryOn } from './spare.ts';
import { owedTooLong } from './suspect.ts';
import type { Upstream } from './upstream.ts';

/** Looks for what a node owes for too long, and has a second connection while there is such a thing. */
export interface SpareTrial {
  /** What is owed for too long is tried on a second connection, until it is answered here or there. */
  look(now: Ms): void;
  isOn(upstream: Upstream): boolean;
  /** The second connection is open. */
  opened(): void;
  /** A frame on the second connection. */
  hear(bytes: Buffer, from: number, to: number): void;
  /** The second connection ended by itself. */
  ended(): void;
  close(): void;
}

export interface SpareTrialOptions {
  /** Opens a second connection, if there is a node for one. */
  open(): Upstream | undefined;
  /** It answers there: it is the spare no longer. */
  promote(spare: Spare): void;
  /** How many clients there are, so that they do not all try as often as one may. */
  crowd(): number;
}

export function createSpareTrial(
  connection: Connection,
  { open, promote, crowd }: SpareTrialOptions,
): SpareTrial {
  let spare: Spare | undefined;

  /** Ends with this spare. What it is tried for may change meanwhile. */
  function keepTrying(open: Spare): void {
    if (spare !== open) return;
    const now = nowOf(connection);
    const owed = owedTooLong(connection, now);
    if (owed !== undefined && !isGivenUp(connection, owed) && isDue(connection, open, owed)) {
      if (owed.type === 'publish') connection.triedPublishAt = now;
      tryOn(open, owed, now);
    }
    connection.after(nextTryMs(crowd()), () => {
      keepTrying(open);
    });
  }

  function close(): void {
    if (spare === undefined) return;
    const { upstream } = spare;
    spare = undefined;
    hangUp(connection, upstream, 'not needed');
  }

  return {
    look(now) {
      const owed = owedTooLong(connection, now);
      // Another connection has all numbers of channels again.
      if (owed === undefined || (spare !== undefined && isWornOut(spare))) {
        close();
        return;
      }
      if (isGivenUp(connection, owed)) {
        giveUpSilent(connection, owed.channel, consumerOfOurs(owed));
        return;
      }
      if (spare === undefined) {
        const upstream = open();
        if (upstream !== undefined) spare = createSpare(upstream);
        return;
      }
      spare.upstream.beat(now);
    },
    isOn(upstream) {
      return upstream === spare?.upstream;
    },
    opened() {
      if (spare !== undefined) keepTrying(spare);
    },
    hear(bytes, from, to) {
      if (spare === undefined || !hearOn(connection, spare, bytes, from, to)) return;
      const answering = spare;
      spare = undefined;
      promote(answering);
    },
    ended() {
      spare = undefined;
    },
    close,
  };
}

/**
 * A consumer that we ask for is tried apart, since its queue may hang although its channel could work. And a publish that
 * may not go twice is not tried either: its caller is told.
 */
function isGivenUp({ gateway }: Connection, owed: Owed): boolean {
  if (owed.type === 'publish') return gateway.config.unknown === 'reject';
  return consumerOfOurs(owed) !== undefined;
}

function consumerOfOurs(owed: Owed): string | undefined {
  if (owed.type !== 'request' || !isOurs(owed.request)) return undefined;
  const { method } = owed.request;
  return method.name === 'basic.consume' ? method.consumerTag : undefined;
}
