export {
  allSeries,
  findAny,
  findVersion,
  isSeries,
  type FindOptions,
  type RealRabbit,
  type Series,
  type VersionSearch,
} from './find-server.ts';
export { launchCluster, type LaunchOptions } from './launch.ts';
export { launchEmbedded, type EmbeddedOptions, type EmbeddedTestbed } from './embedded/launch-embedded.ts';
export { launchVirtual, type VirtualOptions, type VirtualTestbed } from './embedded/launch-virtual.ts';
export { TestbedError, type RabbitTestbed, type TestbedConfig } from './testbed.ts';
export { backendFaults, injectFault } from './inject.ts';
export { embeddedTestbed, realTestbed, testbeds } from './testbeds.ts';
export { amqpOperations, readBack, type AmqpOperations } from './workload.ts';
export { copyOf, countedOnce, type Copy } from './copies.ts';
export { drainQueue } from './drain-queue.ts';
export { connectAmqp, type AmqpClient, type AmqpOptions } from './amqp-client.ts';
export { type AmqpChannel, type Outgoing, type Received, type ReplyTo } from './amqp-channel.ts';
export { AmqpEndError, type AmqpEnd } from './amqp-end.ts';
export { blocked, drained, moveAway, rejoin } from './faults.ts';
export { demo } from './demo/demo.ts';
