import { createCluster } from '@failover/core';

console.log(typeof createCluster);
