export {
  findFlavour,
  findServer,
  type FindOptions,
  type Flavour,
  type FlavourSearch,
  type FoundServer,
  type RealServer,
} from './find-server.ts';
export { launchCluster, launchReplication, type LaunchOptions } from './launch.ts';
export {
  TestbedError,
  type RedisTestbed,
  type SentinelEvent,
  type TestbedConfig,
  type TestbedOptions,
} from './testbed.ts';
export { connectResp, NoReplyError, type RespClient } from './resp-client.ts';
