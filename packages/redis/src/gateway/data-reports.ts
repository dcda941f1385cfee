import type { Cluster, Lease, Ms, TargetId } from '@failover/core';
import type { AddressMap } from '../map-addresses.ts';
import { mapAddresses } from '../map-addresses.ts';
import type { RedisReply } from '../replies.ts';
import type { Dialled } from './dial.ts';
import type { Pending } from './pending.ts';
import type { Tick } from './tick.ts';
import type { Upstream } from './upstream.ts';

type Connection = Pick<Upstream<Pending>, 'lease' | 'openedAt'>;

/** What the cluster learns from the connections that carry the clients' commands. */
export interface DataReports {
  /** A server refuses, however many commands it refuses. */
  refused(upstream: Upstream<Pending>, code: string, text: string): void;
  /** Told once of each connection, with how many of all its clients' commands are unknown. */
  unknown(upstream: Upstream<Pending>, count: number, reason: string): void;
  silent(upstream: Connection, forMs: Ms): void;
  failed(upstream: Connection, reason: string): void;
  dialled(lease: Lease, dialled: Dialled): void;
  /** A client was closed that did not read. Told once of all that are within some seconds. */
  tooSlow(target: TargetId, address: string, unreadBytes: number): void;
}

/** ms in which one server's refusals are told once. */
const tellAgainMs = 20;
/** ms in which clients that do not read are told once: nobody can write such a line again and again. */
const tellSlowAgainMs = 10_000;

export function createDataReports(
  cluster: Pick<Cluster, 'report' | 'reportSlow' | 'reportUnknown'>,
  tick: Pick<Tick, 'now'>,
  addresses: AddressMap = new Map(),
): DataReports {
  const unknowns = new Map<Upstream<Pending>, number>();
  const refusedAt = new WeakMap<Upstream<Pending>, Ms>();
  const slow = { toldAt: -Infinity, untold: 0 };
  const memberOf = (lease: Lease) => ({ endpoint: lease.server, kind: 'data' }) as const;

  function failed({ lease, openedAt }: Connection, reason: string): void {
    cluster.report({ type: 'failed', member: memberOf(lease), openedAt, reason });
  }

  function said({ lease, openedAt }: Connection, reply: RedisReply): void {
    cluster.report({
      type: 'said',
      member: memberOf(lease),
      openedAt,
      reply: mapAddresses(reply, addresses),
    });
  }

  return {
    refused(upstream, code, text) {
      const now = tick.now();
      if (now - (refusedAt.get(upstream) ?? -Infinity) < tellAgainMs) return;
      refusedAt.set(upstream, now);
      said(upstream, { type: 'errorReply', code, text });
    },
    unknown(upstream, count, reason) {
      const before = unknowns.get(upstream);
      unknowns.set(upstream, (before ?? 0) + count);
      // Its clients are told one after the other in this very turn.
      if (before !== undefined) return;
      queueMicrotask(() => {
        const { target, server } = upstream.lease;
        cluster.reportUnknown(target, server, unknowns.get(upstream) ?? 0, reason);
        unknowns.delete(upstream);
      });
    },
    silent({ lease, openedAt }, forMs) {
      cluster.report({ type: 'silent', member: memberOf(lease), openedAt, forMs });
    },
    failed,
    tooSlow(target, address, unreadBytes) {
      slow.untold += 1;
      if (tick.now() - slow.toldAt < tellSlowAgainMs) return;
      cluster.reportSlow(target, address, unreadBytes, slow.untold);
      slow.toldAt = tick.now();
      slow.untold = 0;
    },
    dialled(lease, dialled) {
      switch (dialled.type) {
        case 'failed':
          failed({ lease, openedAt: dialled.openedAt }, dialled.reason);
          return;
        case 'unfit':
          said({ lease, openedAt: dialled.openedAt }, dialled.reply);
          return;
        case 'verified':
        case 'rejected':
        case 'fenced':
          return;
      }
    },
  };
}
