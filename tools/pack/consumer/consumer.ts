// What a user's program imports, by the names that the packages publish.
import { FailoverError, createCluster, endpoint, systemRuntime } from '@failover/core';
import { virtualRuntime } from '@failover/core/virtual';
import { gateway } from '@failover/redis/gateway';
import { findServer } from '@failover/redis/testing';
import { checkHistory, startProcess } from '@failover/testing';

const cluster = createCluster(
  gateway.adapter,
  gateway.adapter.config.parse({ sentinels: ['127.0.0.1:1'], name: 'x' }),
  {
    runtime: systemRuntime(),
  },
);
const seen: string[] = [];
cluster.topology$.subscribe(({ backend }) => seen.push(backend)).unsubscribe();
await cluster[Symbol.asyncDispose]();

const faces = { FailoverError, endpoint, virtualRuntime, findServer, checkHistory, startProcess };
for (const [name, face] of Object.entries(faces)) {
  if (typeof face !== 'function') throw new Error(`${name} is ${typeof face}`);
}
if (seen[0] !== 'redis') throw new Error(`a subscriber saw ${JSON.stringify(seen)} at once, not redis`);
console.log(`the packages work as installed: ${Object.keys(faces).join(', ')}`);
