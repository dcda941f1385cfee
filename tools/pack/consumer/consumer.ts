// What a user's program imports, by the names that the packages publish.
import { FailoverError, endpoint, systemRuntime } from '@failover/core';
import { virtualRuntime } from '@failover/core/virtual';
import { createClient } from '@failover/redis';
import { gateway } from '@failover/redis/gateway';
import { findServer, launchEmbedded } from '@failover/redis/testing';
import { checkHistory, startProcess } from '@failover/testing';

const faces = {
  FailoverError,
  endpoint,
  systemRuntime,
  virtualRuntime,
  findServer,
  checkHistory,
  startProcess,
};
for (const [name, face] of Object.entries(faces)) {
  if (typeof face !== 'function') throw new Error(`${name} is ${typeof face}`);
}
if (gateway.adapter.backend !== 'redis') throw new Error(`the gateway is for ${gateway.adapter.backend}`);

await using servers = await launchEmbedded();
await using client = createClient(servers.config);
await client.redis.set('key', 'value');
const value: string | null = await client.redis.get('key');
if (value !== 'value') throw new Error(`read ${String(value)}`);
console.log('a client of the packages as installed reads what it wrote');
