import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endpointOf, systemRuntime, type EndpointId, type Runtime } from '@failover/core';
import type { Restartable } from '@failover/testing';
import type { RealServer } from '../find-server.ts';
import { processMember, startMs } from '../process-member.ts';
import { majorVersionOf, realServer } from '../real-server.ts';
import { askOnce } from '../resp-client.ts';
import { TestbedError } from '../testbed.ts';
import { formCluster } from './form-cluster.ts';
import { createShardsHandle } from './handle.ts';
import { nodeConfig } from './node-config.ts';
import { nodePorts } from './node-ports.ts';
import type { ShardsTestbed } from './shards-testbed.ts';

export interface ShardsOptions {
  /** Default 3: fewer cannot elect a successor. */
  readonly shards?: number;
  /** Replicas of each shard, default 1. */
  readonly replicas?: number;
  /** `cluster-node-timeout`, default 1000: a silent node is suspected after it, and replaced about a second later. */
  readonly nodeTimeoutMs?: number;
  /** Of the default user, for clients and replicas alike. Default none. */
  readonly password?: string;
  /** By default whichever is found first. */
  readonly server?: RealServer | undefined;
  readonly runtime?: Runtime;
}

/** ms: a primary takes no writes for its first 2 s, and the links need as long on a loaded machine. */
const settleMs = 20_000;

/**
 * A real Redis Cluster on loopback, on free ports, in a temporary folder. Resolves when all nodes agree, after about
 * 3 s. Nothing is left behind, whatever ends this process.
 * @throws TestbedError if there is no real server on this machine, or if they do not settle
 */
export async function launchShards(options: ShardsOptions = {}): Promise<ShardsTestbed> {
  const { shards = 3, replicas = 1, nodeTimeoutMs = 1_000, password } = options;
  const program = options.server ?? (await realServer());
  const runtime = options.runtime ?? systemRuntime();
  const majorVersion = majorVersionOf(program);
  const ports = await nodePorts(shards * (1 + replicas), majorVersion);
  const busPorts = new Map(ports.map(({ port, busPort }) => [endpointOf('127.0.0.1', port), busPort]));
  const nodes = [...busPorts.keys()];
  const busPortOf = (node: EndpointId): number => busPorts.get(node) as number;
  const folder = await mkdtemp(join(tmpdir(), 'failover-shards-'));
  const folderOf = (node: EndpointId): string => join(folder, node.replace(/\W/g, '-'));
  const configFile = (node: EndpointId): string => join(folderOf(node), 'server.conf');
  const members = new Map<EndpointId, Restartable>(
    nodes.map((node) => [
      node,
      processMember(runtime, node, program.serverCommand, [configFile(node)], () => undefined),
    ]),
  );

  function memberOf(node: EndpointId): Restartable {
    const member = members.get(node);
    if (member === undefined) throw new TestbedError(`${node} is no member of this testbed`);
    return member;
  }

  async function start(node: EndpointId): Promise<void> {
    const busPort = busPortOf(node);
    await mkdir(folderOf(node));
    await writeFile(
      configFile(node),
      nodeConfig({ endpoint: node, folder: folderOf(node), busPort, nodeTimeoutMs, majorVersion, password }),
    );
    await memberOf(node).restart();
  }

  const { kind, version, how } = program;
  const handle = createShardsHandle({
    kind,
    version,
    how,
    runtime,
    nodes,
    memberOf,
    password,
    async close() {
      await Promise.all([...members.values()].map((member) => member.close()));
      await rm(folder, { recursive: true, force: true });
    },
  });
  try {
    await Promise.all(nodes.map(start));
    await formCluster({
      runtime,
      ask: (node, ...command) => askOnce(runtime, node, command, undefined, password),
      nodes,
      shards,
      busPortOf,
      password,
      timeoutMs: startMs,
    });
    await handle.settled(settleMs);
    return handle;
  } catch (error) {
    await handle[Symbol.asyncDispose]();
    throw error;
  }
}
