import { availableOf } from '../../contender/available.ts';
import type { Contender } from './contender.ts';
import { failoverGateway, failoverInProcess } from './failover.ts';
import { direct, ioredisCluster, redisPyCluster } from './peers.ts';

export async function available(only: readonly string[] | undefined): Promise<readonly Contender[]> {
  return availableOf(
    [failoverInProcess, failoverGateway, direct, ioredisCluster, await redisPyCluster()],
    only,
  );
}
