import type { Ms } from '@failover/core';
import type { Connection } from './connection.ts';
import { hangUp } from './hang-up.ts';
import { withoutConsumer } from './lose-channel.ts';
import { isOurs } from './request.ts';
import type { Spare } from './spare.ts';
import { createSpare, hearOn, tryOn } from './spare.ts';
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
}

export function createSpareTrial(connection: Connection, { open, promote }: SpareTrialOptions): SpareTrial {
  let spare: Spare | undefined;

  function close(): void {
    if (spare === undefined) return;
    const { upstream } = spare;
    spare = undefined;
    hangUp(connection, upstream, 'not needed');
  }

  return {
    look(now) {
      const owed = owedTooLong(connection, now);
      if (owed === undefined) {
        close();
        return;
      }
      if (owed.type === 'request' && owed.request.method.name === 'basic.consume' && isOurs(owed.request)) {
        withoutConsumer(connection, owed.channel, owed.request.method.consumerTag);
        return;
      }
      if (spare === undefined) {
        const upstream = open();
        if (upstream !== undefined) spare = createSpare(upstream);
        return;
      }
      spare.upstream.beat(now);
      tryOn(spare, owed, now);
    },
    isOn(upstream) {
      return upstream === spare?.upstream;
    },
    opened() {
      if (spare !== undefined) spare.isOpen = true;
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
