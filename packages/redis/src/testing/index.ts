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
export { launchShards, type ShardsOptions } from './shards/launch.ts';
export type { DroppedKey, SettledSlot } from './shards/settle-slot.ts';
export type { Shard, SlotRange } from './shards/shard.ts';
export type { ShardsConfig, ShardsTestbed } from './shards/shards-testbed.ts';
export { launchEmbedded, type EmbeddedOptions, type EmbeddedTestbed } from './embedded/launch-embedded.ts';
export { launchVirtual, type VirtualOptions, type VirtualTestbed } from './embedded/launch-virtual.ts';
export { tcpListen, type Listen, type Unlisten } from '@failover/testing';
export {
  TestbedError,
  type RedisTestbed,
  type SentinelEvent,
  type TestbedConfig,
  type TestbedOptions,
} from './testbed.ts';
export {
  flipReadOnly,
  killClients,
  load,
  luaThatTakes,
  rejoin,
  replicaOf,
  runLongScript,
  sleep,
} from './faults.ts';
export { backendFaults, injectFault } from './inject.ts';
export { embeddedTestbed, realTestbed, testbeds } from './testbeds.ts';
export { ErrorReply, readBack, respOperations, type RespOperations } from './workload.ts';
export { connectResp, NoReplyError, type RespClient } from './resp-client.ts';
export { demo } from './demo/demo.ts';
