import type { Lease } from '@failover/core';
import type { Connection } from './connection.ts';

/** A node for the client, as soon as there is one: another than the last one, if there is another. */
export async function takeLease(
  { gateway, identity, heldBytes }: Connection,
  lastServer: Lease['server'] | undefined,
  signal: AbortSignal,
): Promise<Lease> {
  const { cluster, target } = gateway;
  for (let turn = 0; turn < 4; turn += 1) {
    const lease = cluster.lease(target, identity?.picker);
    if (lease === undefined) break;
    if (lease.server !== lastServer) return lease;
  }
  return cluster.lease(target) ?? (await cluster.hold(target, { bytes: heldBytes, count: 1, signal }));
}
