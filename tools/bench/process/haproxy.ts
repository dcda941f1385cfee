import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess } from '@failover/testing';
import { until } from '../clock.ts';
import { ask } from '../wire/ask.ts';
import { freePort } from './port.ts';

export interface Haproxy extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

/** Each client takes two files, and those of one process are limited. */
const MAX_CONNECTIONS = 9960;

/**
 * @param backend the lines of its backend: checks and servers
 * @param isServing asks a port whether somebody answers behind it
 */
export async function startHaproxy(
  backend: readonly string[],
  isServing: (port: number) => Promise<boolean> = isRedis,
): Promise<Haproxy> {
  const directory = mkdtempSync(join(tmpdir(), 'failover-haproxy-'));
  const port = await freePort();
  const file = join(directory, 'haproxy.cfg');
  const lines = [
    'global',
    `  maxconn ${String(MAX_CONNECTIONS)}`,
    'defaults',
    '  mode tcp',
    '  timeout connect 2s',
    '  timeout client 1h',
    '  timeout server 1h',
    'frontend clients',
    `  bind 127.0.0.1:${String(port)}`,
    '  default_backend servers',
    'backend servers',
    ...backend.map((line) => `  ${line}`),
    '',
  ];
  writeFileSync(file, lines.join('\n'));
  const child = await startProcess({ command: 'haproxy', args: ['-db', '-f', file] });
  await until('haproxy serves', 10_000, () => isServing(port));
  return {
    port,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function isRedis(port: number): Promise<boolean> {
  return (await ask(port, ['PING'])) === 'PONG';
}

/** Why it cannot take part here, or undefined. */
export function haproxyMissing(): string | undefined {
  try {
    execFileSync('haproxy', ['-v'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'haproxy is not installed (apt-get install haproxy)';
  }
}
