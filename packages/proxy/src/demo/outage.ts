import type { Ms } from '@failover/core';
import type { ProbedWrite } from './contract.ts';

/** How long nothing worked after one fault. */
export interface Outage {
  /** ms until a server took a write that lasted, as an observer beside us saw it. */
  readonly serversMs: number | undefined;
  /** ms until a client had a write acknowledged. */
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
export function outageOf(at: Ms, writes: readonly ProbedWrite[], acknowledgedAt: readonly Ms[]): Outage {
  const served = writes.find((write) => write.at > at + inFlightMs)?.at;
  const acknowledged = firstAfter(acknowledgedAt, at + inFlightMs);
  return {
    serversMs: served === undefined ? undefined : served - at,
    clientsMs: acknowledged === undefined ? undefined : acknowledged - at,
    addedMs:
      served === undefined || acknowledged === undefined ? undefined : Math.max(0, acknowledged - served),
  };
}

/** The first instant after `at` in an ordered list; it is asked again and again, so it looks from the end. */
export function firstAfter(instants: readonly Ms[], at: Ms): Ms | undefined {
  const last = instants.findLastIndex((instant) => instant <= at);
  return instants[last + 1];
}
