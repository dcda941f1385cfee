export {
  findAny,
  findVersion,
  type FindOptions,
  type RealRabbit,
  type Series,
  type VersionSearch,
} from './find-server.ts';
export { launchCluster, type LaunchOptions } from './launch.ts';
export { TestbedError, type RabbitTestbed, type TestbedConfig } from './testbed.ts';
export { connectAmqp, type AmqpClient, type AmqpOptions } from './amqp-client.ts';
export { type AmqpChannel, type Outgoing, type Received, type ReplyTo } from './amqp-channel.ts';
export { AmqpEndError, type AmqpEnd } from './amqp-end.ts';
