import type { EndpointId } from '@failover/core';
import { now } from '../../clock.ts';
import { settled, type ShardedCluster } from './cluster.ts';

/** Of one shard's primary. */
export type Fault = 'kill' | 'hang';
export const FAULTS: readonly Fault[] = ['kill', 'hang'];

/** @returns the moment from which on the fault is in effect */
export function inject({ testbed }: ShardedCluster, fault: Fault, primary: EndpointId): number {
  switch (fault) {
    case 'kill':
      testbed.kill(primary);
      break;
    case 'hang':
      testbed.hang(primary);
      break;
  }
  return now();
}

/** Brings the old primary back, once it has a successor, as a replica of it. */
export async function heal(cluster: ShardedCluster, fault: Fault, old: EndpointId): Promise<void> {
  if (fault === 'kill') await cluster.testbed.restart(old);
  else cluster.testbed.resume(old);
  await settled(cluster);
}
