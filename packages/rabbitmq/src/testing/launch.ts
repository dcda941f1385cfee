import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endpointOf, systemRuntime, type EndpointId, type Runtime } from '@failover/core';
import { freePorts, startProcess, type SupervisedProcess } from '@failover/testing';
import { brokerNode, type BrokerNode } from './broker-node.ts';
import { findAny, findVersion, inRoot, type RealRabbit, type Series } from './find-server.ts';
import { createHandle } from './handle.ts';
import { toolEnvironment, writeCookie, writeNodeFiles, type ClusterPlan } from './node-files.ts';
import { TestbedError, type RabbitTestbed } from './testbed.ts';

export interface LaunchOptions {
  /** By default whichever is found first. */
  readonly server?: RealRabbit | undefined;
  /** Instead of `server`: looks for it. */
  readonly version?: Series;
  /** Default 3. */
  readonly nodes?: number;
  /** The HTTP API, default true; without it a launch is a second faster. */
  readonly management?: boolean;
  /** Besides, for example `rabbitmq_stream`. */
  readonly plugins?: readonly string[];
  /**
   * Seconds until a silent node is given up, Erlang's `net_ticktime`. Default 60, as everywhere. Until then a node that
   * hangs holds up every declaration and binding, and before 4.0 every message of the queues that it led.
   */
  readonly netTickSeconds?: number;
  readonly runtime?: Runtime;
}

/**
 * A real cluster on loopback, on free ports, in a temporary folder. Resolves when all nodes agree.
 * Nothing is left behind, whatever ends this process.
 * @throws TestbedError if there is no such RabbitMQ on this machine, or if it does not settle
 */
export async function launchCluster(options: LaunchOptions = {}): Promise<RabbitTestbed> {
  const { nodes: count = 3, management: hasManagement = true } = options;
  const server = options.server ?? (await realRabbit(options.version));
  const runtime = options.runtime ?? systemRuntime();
  const isOurs = server.root === '/';
  const folder = await mkdtemp(join(isOurs ? tmpdir() : join(server.root, 'tmp'), 'failover-rabbitmq-'));
  const inside = isOurs ? folder : join('/', folder.slice(server.root.length));
  const outside = (path: string): string => (isOurs ? path : join(server.root, path));

  const ports = await freePorts(1 + 4 * count);
  const port = (at: number): number => ports[at] ?? 0;
  const plugins = [...(hasManagement ? ['rabbitmq_management'] : []), ...(options.plugins ?? [])];
  const cluster: ClusterPlan = {
    version: server.version,
    folder: inside,
    scripts: server.scripts,
    epmdPort: port(0),
    secret: randomBytes(16).toString('hex'),
    netTickSeconds: options.netTickSeconds ?? 60,
    nodes: Array.from({ length: count }, (_, at) => ({
      name: `r${at + 1}@localhost`,
      folder: join(inside, `r${at + 1}`),
      amqpPort: port(4 * at + 1),
      distributionPort: port(4 * at + 2),
      controlPort: port(4 * at + 3),
      managementPort: hasManagement ? port(4 * at + 4) : undefined,
      plugins,
    })),
  };

  const nodes = new Map<EndpointId, BrokerNode>();
  const management = new Map<EndpointId, string>();
  for (const plan of cluster.nodes) {
    const endpoint = endpointOf('127.0.0.1', plan.amqpPort);
    nodes.set(endpoint, brokerNode(runtime, server.root, cluster, plan, endpoint));
    if (plan.managementPort !== undefined)
      management.set(endpoint, `http://127.0.0.1:${plan.managementPort}`);
  }
  let epmd: SupervisedProcess | undefined;
  const tools = {
    env: toolEnvironment(cluster),
    command: (args: readonly string[]) => inRoot(server.root, join(server.scripts, 'rabbitmqctl'), args),
  };
  const handle = createHandle({
    version: server.version,
    how: server.how,
    runtime,
    nodes,
    management,
    tools,
    async close() {
      await Promise.all([...nodes.values()].map((node) => node.close()));
      await epmd?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  });
  try {
    await writeCookie(cluster, outside);
    await Promise.all(cluster.nodes.map((plan) => writeNodeFiles(cluster, plan, outside)));
    // Its own for each launch: names of nodes need not differ between launches, and it ends with them.
    const names = inRoot(server.root, 'epmd', ['-port', String(cluster.epmdPort), '-address', '127.0.0.1']);
    epmd = await startProcess({ ...names, env: tools.env, name: 'epmd' });
    await Promise.all([...nodes.values()].map((node) => node.restart()));
    await handle.settled(30_000);
    return handle;
  } catch (error) {
    await handle[Symbol.asyncDispose]();
    throw error;
  }
}

async function realRabbit(series: Series | undefined): Promise<RealRabbit> {
  const search = series === undefined ? await findAny() : await findVersion(series);
  if (search.type === 'missing') throw new TestbedError(`${search.reason}. Cure: ${search.cure}`);
  return search.server;
}
