import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../clock.ts';
import { end, start } from '../process/child.ts';
import { freePorts } from '../process/port.ts';
import { ask } from '../wire/ask.ts';

export const MASTER_NAME = 'mymaster';

export interface Node {
  readonly port: number;
  readonly directory: string;
  process: ChildProcess;
}

/** Servers and three Sentinels on loopback, which outlive many faults. */
export interface RedisCluster extends AsyncDisposable {
  readonly servers: readonly Node[];
  readonly sentinels: readonly Node[];
}

/** ms; the figure, and a failover timeout small enough that a split vote costs 10 s and not minutes. */
const SENTINEL = { downAfterMs: 1000, failoverTimeoutMs: 5000, quorum: 2 };

/** A replica at once, so that a returning server never claims to be primary beside its successor. */
export function startServer(directory: string, port: number, primaryPort?: number): ChildProcess {
  const role = primaryPort === undefined ? [] : ['--replicaof', `127.0.0.1 ${String(primaryPort)}`];
  writeFileSync(
    join(directory, 'redis.conf'),
    [
      `port ${String(port)}`,
      'bind 127.0.0.1',
      `dir ${directory}`,
      'save ""',
      'appendonly no',
      // Healing waits for a full sync: without these it takes 5 s more.
      'repl-diskless-sync yes',
      'repl-diskless-sync-delay 0',
      'repl-ping-replica-period 1',
      'loglevel notice',
      `logfile ${join(directory, 'redis.log')}`,
    ].join('\n'),
  );
  return start('redis-server', [join(directory, 'redis.conf'), ...role]);
}

export function startSentinel(directory: string): ChildProcess {
  return start('redis-sentinel', [join(directory, 'sentinel.conf')]);
}

function writeSentinelConfig(directory: string, port: number, primaryPort: number): void {
  writeFileSync(
    join(directory, 'sentinel.conf'),
    [
      `port ${String(port)}`,
      'bind 127.0.0.1',
      `dir ${directory}`,
      `logfile ${join(directory, 'sentinel.log')}`,
      `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${String(primaryPort)} ${String(SENTINEL.quorum)}`,
      `sentinel down-after-milliseconds ${MASTER_NAME} ${String(SENTINEL.downAfterMs)}`,
      `sentinel failover-timeout ${MASTER_NAME} ${String(SENTINEL.failoverTimeoutMs)}`,
      `sentinel parallel-syncs ${MASTER_NAME} 2`,
      '',
    ].join('\n'),
  );
}

/** @param serverCount three for faults; one where only speed counts, so that replication takes no CPU */
export async function launch(serverCount = 3): Promise<RedisCluster> {
  const root = mkdtempSync(join(tmpdir(), 'failover-bench-'));
  const ports = await freePorts(serverCount + 3);
  const primaryPort = ports[0] as number;
  const directory = (port: number): string => mkdtempSync(join(root, `${String(port)}-`));
  const servers: Node[] = ports.slice(0, serverCount).map((port, index) => {
    const place = directory(port);
    return {
      port,
      directory: place,
      process: startServer(place, port, index === 0 ? undefined : primaryPort),
    };
  });
  // Sentinels ask INFO each 10 s: started after the replicas, they learn of all at their first question.
  await until('all replicas online', 10_000, async () => {
    const role = await ask(primaryPort, ['ROLE']);
    return Array.isArray(role) && Array.isArray(role[2]) && role[2].length === serverCount - 1;
  });
  const sentinels: Node[] = ports.slice(serverCount).map((port) => {
    const place = directory(port);
    writeSentinelConfig(place, port, primaryPort);
    return { port, directory: place, process: startSentinel(place) };
  });
  return {
    servers,
    sentinels,
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all([...servers, ...sentinels].map((node) => end(node.process)));
      rmSync(root, { recursive: true, force: true });
    },
  };
}
