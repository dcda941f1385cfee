import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startProcess } from '@failover/testing';
import { until } from '../clock.ts';
import type { RedisCluster } from '../cluster/cluster.ts';
import { ask } from '../wire/ask.ts';
import { freePort } from './port.ts';

export interface FailoverProcess extends AsyncDisposable {
  readonly port: number;
  readonly adminPort: number;
  readonly pid: number;
  /** What it wrote last, oldest first. */
  log(): readonly string[];
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BUILT = `${ROOT}packages/proxy/dist/bin.js`;

let isBuilt = false;

/** Builds what changed: users run the built process, so that is what is measured. */
function build(backend: string): void {
  if (isBuilt) return;
  const projects = [backend, 'proxy'].map((name) => `packages/${name}/tsconfig.lib.json`);
  const args = [`${ROOT}node_modules/typescript/bin/tsc`, '-b', ...projects];
  const built = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  // The compiler writes its output in spite of type errors; they are the business of the tests, but not a secret.
  if (built.status !== 0)
    console.log(`type errors in what is measured:\n${built.stdout.split('\n', 3).join('\n')}`);
  isBuilt = true;
}

/** Why it cannot take part here, or undefined. */
export function failoverMissing(): string | undefined {
  return existsSync(`${ROOT}packages/proxy/src/bin.ts`) ? undefined : 'packages/proxy has no program';
}

/** The local process, as a user starts it, before servers that Sentinels watch. */
export function startFailover(cluster: RedisCluster): Promise<FailoverProcess> {
  const sentinels = cluster.sentinelPorts.flatMap((sentinel) => [
    '--sentinel',
    `127.0.0.1:${String(sentinel)}`,
  ]);
  return serveRedis([...sentinels, '--name', cluster.name]);
}

/** @param servers where it finds them, as flags */
export function serveRedis(servers: readonly string[]): Promise<FailoverProcess> {
  return serveWith(
    'redis',
    (listen) => ['redis', ...servers, '--listen', listen],
    async (port) => (await ask(port, ['PING'])) === 'PONG',
  );
}

/**
 * @param argumentsFor what `failover run` is told, to serve on this address
 * @param isServing asks a port whether somebody answers behind it
 */
export async function serveWith(
  backend: string,
  argumentsFor: (listen: string) => readonly string[],
  isServing: (port: number) => Promise<boolean>,
): Promise<FailoverProcess> {
  build(backend);
  const [port, adminPort] = [await freePort(), await freePort()];
  const child = await startProcess({
    command: process.execPath,
    args: [
      ...[BUILT, 'run', ...argumentsFor(`127.0.0.1:${String(port)}`)],
      ...['--admin', `127.0.0.1:${String(adminPort)}`, '--log-level', 'warn'],
    ],
    cwd: ROOT,
    name: 'failover',
  });
  try {
    await until('failover serves', 15_000, () => isServing(port));
  } catch (cause) {
    const log = child.log.lines().slice(-20).join('\n');
    await child[Symbol.asyncDispose]();
    throw new Error(`failover does not serve:\n${log}`, { cause });
  }
  return {
    port,
    adminPort,
    pid: child.pid,
    log: () => child.log.lines(),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** The sum of one of its metrics over all labels, or over those lines that have one. @throws Error if the process does not know the metric */
export async function metric(adminPort: number, name: string, label = ''): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${String(adminPort)}/metrics`);
  return sumMetric(await response.text(), name, label);
}

/** @example sumMetric('a_total{x="1"} 2\na_total{x="2"} 3', 'a_total') // 5 */
export function sumMetric(text: string, name: string, label = ''): number {
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => line.includes(label))
    .map((line) => Number(line.replace(/^[^ {]+(?:\{.*\})? /, '').split(' ')[0]));
  if (values.length === 0) throw new Error(`/metrics has no ${name}`);
  return values.reduce((total, value) => total + value, 0);
}
