// What a user's program imports, by the names that the packages publish.
import { createRequire } from 'node:module';
import { FailoverError, endpoint, systemRuntime } from '@failover/core';
import { virtualRuntime } from '@failover/core/virtual';
import amqp from '@failover/rabbitmq';
import { launchEmbedded as launchRabbit } from '@failover/rabbitmq/testing';
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

await using nodes = await launchRabbit();
const connection = await amqp.connect(nodes.members.map((member) => `amqp://${member}`));
const channel = await connection.createConfirmChannel();
await channel.assertQueue('orders');
channel.sendToQueue('orders', Buffer.from('one'));
await channel.waitForConfirms();
const message = await channel.get('orders', { noAck: true });
if (message === false || message.content.toString() !== 'one') throw new Error('the message is not there');
await connection.close();
console.log('a drop-in for amqplib as installed gets what it published');

const required = createRequire(import.meta.url)('@failover/rabbitmq') as { readonly connect?: unknown };
if (typeof required.connect !== 'function') throw new Error('it cannot be required');
