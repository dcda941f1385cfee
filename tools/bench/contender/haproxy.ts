import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../clock.ts';
import type { RedisCluster } from '../cluster/launch.ts';
import { end, start } from '../process/child.ts';
import { freePort } from '../process/port.ts';
import { ask } from '../wire/ask.ts';
import type { Contender } from './contender.ts';

/** How often and how many checks decide; `usual` is what its own guides for Redis show. */
const PACES = {
  usual: 'inter 1s',
  fast: 'inter 100ms fall 2 rise 1',
};

function config(listenPort: number, serverPorts: readonly number[], pace: string): string {
  return `
global
  maxconn 2000
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
frontend redis
  bind 127.0.0.1:${String(listenPort)}
  default_backend primary
backend primary
  option tcp-check
  tcp-check connect
  tcp-check send PING\\r\\n
  tcp-check expect string +PONG
  tcp-check send info\\ replication\\r\\n
  tcp-check expect string role:master
  tcp-check send QUIT\\r\\n
  tcp-check expect string +OK
  default-server check ${pace} on-marked-down shutdown-sessions
${serverPorts.map((port) => `  server s${String(port)} 127.0.0.1:${String(port)}`).join('\n')}
`;
}

/** A plain driver behind HAProxy, which finds the primary by asking each server for its role. */
function haproxy(name: string, pace: keyof typeof PACES): Contender {
  return {
    name,
    isOurs: false,
    missing: () => (isInstalled() ? undefined : 'haproxy is not installed (apt-get install haproxy)'),
    async start(cluster: RedisCluster) {
      const directory = mkdtempSync(join(tmpdir(), 'failover-haproxy-'));
      const port = await freePort();
      const file = join(directory, 'haproxy.cfg');
      const ports = cluster.servers.map((server) => server.port);
      writeFileSync(file, config(port, ports, PACES[pace]));
      const child = start('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
      await until(`${name} serves`, 10_000, async () => (await ask(port, ['PING'])) === 'PONG');
      return {
        driver: { type: 'plain', port },
        async [Symbol.asyncDispose]() {
          await end(child);
          rmSync(directory, { recursive: true, force: true });
        },
      };
    },
  };
}

function isInstalled(): boolean {
  try {
    execFileSync('haproxy', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export const haproxyUsual = haproxy('haproxy', 'usual');
export const haproxyFast = haproxy('haproxy-fast-checks', 'fast');
