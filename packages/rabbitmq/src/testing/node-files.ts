import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { controlProgram, followProgram, loadProgram } from './control.ts';

/** One node, and where it keeps what. Paths are seen from inside of its root directory. */
export interface NodePlan {
  readonly name: string;
  readonly folder: string;
  readonly amqpPort: number;
  readonly distributionPort: number;
  readonly controlPort: number;
  readonly managementPort: number | undefined;
  readonly plugins: readonly string[];
}

/** What all nodes of a launch share. */
export interface ClusterPlan {
  readonly version: string;
  readonly folder: string;
  readonly scripts: string;
  readonly epmdPort: number;
  readonly secret: string;
  readonly netTickSeconds: number;
  readonly nodes: readonly NodePlan[];
}

/** Nodes of 4.0 and later find each other whenever they start; before that the others follow the first. */
const findEachOther = (version: string): boolean => Number.parseInt(version, 10) >= 4;

/** Writes all that a node needs into its folder. `outside` turns a path into one of ours. */
export async function writeNodeFiles(
  cluster: ClusterPlan,
  node: NodePlan,
  outside: (path: string) => string,
): Promise<void> {
  const write = (name: string, text: string): Promise<void> =>
    writeFile(outside(join(node.folder, name)), text);
  await mkdir(outside(node.folder), { recursive: true });
  await write('rabbitmq.conf', configOf(cluster, node));
  await write('enabled_plugins', `[${node.plugins.join(', ')}].\n`);
  const control = controlProgram(node.controlPort, cluster.secret);
  const [first] = cluster.nodes;
  if (findEachOther(cluster.version)) return write('prelude.erl', control);
  const prelude = control + loadProgram(['rabbit', ...node.plugins]);
  await write('prelude.erl', prelude);
  if (first !== undefined && first !== node)
    await write('follow.erl', prelude + followProgram(first.amqpPort));
}

/** Who knows it may speak to the nodes. */
export async function writeCookie(cluster: ClusterPlan, outside: (path: string) => string): Promise<void> {
  const file = outside(join(cluster.folder, '.erlang.cookie'));
  await writeFile(file, cluster.secret);
  await chmod(file, 0o400);
}

function configOf(cluster: ClusterPlan, node: NodePlan): string {
  const peers = findEachOther(cluster.version)
    ? cluster.nodes
    : cluster.nodes.slice(0, 1).filter((first) => first !== node);
  const lines = [
    `listeners.tcp.default = 127.0.0.1:${node.amqpPort}`,
    'loopback_users = none',
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
    'vm_memory_high_watermark.absolute = 1GB',
    'disk_free_limit.absolute = 50MB',
    'cluster_formation.peer_discovery_backend = classic_config',
    ...peers.map(({ name }, at) => `cluster_formation.classic_config.nodes.${at + 1} = ${name}`),
    ...(node.managementPort === undefined
      ? []
      : [`management.tcp.ip = 127.0.0.1`, `management.tcp.port = ${node.managementPort}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The whole environment of a node; `isNew` on its first start. */
export function environmentOf(
  cluster: ClusterPlan,
  node: NodePlan,
  isNew: boolean,
): Readonly<Record<string, string>> {
  const isFollower = isNew && node !== cluster.nodes[0] && !findEachOther(cluster.version);
  const program = join(node.folder, isFollower ? 'follow.erl' : 'prelude.erl');
  return {
    ...toolEnvironment(cluster),
    RABBITMQ_NODENAME: node.name,
    RABBITMQ_DIST_PORT: String(node.distributionPort),
    RABBITMQ_MNESIA_BASE: join(node.folder, 'data'),
    RABBITMQ_LOG_BASE: join(node.folder, 'log'),
    RABBITMQ_PID_FILE: join(node.folder, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(node.folder, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(node.folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(node.folder, 'advanced.config'),
    // One thread for one node, and no spinning: three share a small machine.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: [
      '+S 1:1 +sbwt none -start_epmd false',
      '-kernel inet_dist_use_interface {127,0,0,1}',
      `-kernel net_ticktime ${cluster.netTickSeconds}`,
    ].join(' '),
    // Before all else that it does; the script would put it after the boot.
    ERL_AFLAGS: `-eval 'file:eval("${program}")'`,
    // The script then becomes the node, instead of a shell that waits for it: signals reach the node itself.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
}

/** For `rabbitmqctl` and its like. */
export function toolEnvironment(cluster: ClusterPlan): Readonly<Record<string, string>> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: cluster.folder,
    ERL_EPMD_PORT: String(cluster.epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
  };
}
