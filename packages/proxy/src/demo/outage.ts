import type { Ms } from '@failover/core';
import type { ProbedWrite } from './contract.ts';

/** How long nothing worked after one fault. */
export interface Outage {
  /** ms until a server took a write that lasted, as an observer beside us saw it. */
  readonly serversMs: number | undefined;
  /** ms until every client had a write acknowledged. */
  readonly clientsMs: number | undefined;
  /** ms that we added to what the servers needed. */
  readonly addedMs: number | undefined;
}

/**
 * ms after a fault in which an acknowledgement may still be one from before it, on its way. No election is as
 * fast as this.
 */
const inFlightMs = 100;

/** What a fault at `at` cost the servers, and the clients. */
export function outageOf(
  at: Ms,
  writes: readonly ProbedWrite[],
  acknowledgedAt: readonly (readonly Ms[])[],
): Outage {
  const serversMs = pauseAt(
    at,
    writes.map((write) => write.at),
  );
  const clientsMs = latest(acknowledgedAt.map((instants) => pauseAt(at, instants)));
  return {
    serversMs,
    clientsMs,
    addedMs:
      serversMs === undefined || clientsMs === undefined ? undefined : Math.max(0, clientsMs - serversMs),
  };
}

/** When all were served again after a fault at `at`; `undefined` if somebody is not yet. */
export function allServedAfter(at: Ms, acknowledgedAt: readonly (readonly Ms[])[]): Ms | undefined {
  return latest(acknowledgedAt.map((instants) => firstAfter(instants, at + inFlightMs)));
}

/** How long it stood still for a fault at `at`; if it went on as if nothing was, the usual time between two. */
function pauseAt(at: Ms, instants: readonly Ms[]): Ms | undefined {
  const next = firstAfter(instants, at + inFlightMs);
  if (next === undefined) return undefined;
  const before = instants.findLast((instant) => instant < next) ?? -Infinity;
  return before > at && next - before < inFlightMs ? next - before : next - at;
}

function latest(instants: readonly (Ms | undefined)[]): Ms | undefined {
  let last = -Infinity;
  for (const instant of instants) {
    if (instant === undefined) return undefined;
    last = Math.max(last, instant);
  }
  return instants.length === 0 ? undefined : last;
}

/** The first instant after `at` in an ordered list; it is asked again and again, so it looks from the end. */
export function firstAfter(instants: readonly Ms[], at: Ms): Ms | undefined {
  const last = instants.findLastIndex((instant) => instant <= at);
  return instants[last + 1];
}
