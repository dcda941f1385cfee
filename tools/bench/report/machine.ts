import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Machine {
  readonly cpus: number;
  readonly model: string;
  readonly memoryMiB: number;
  readonly kernel: string;
  /** A busy machine spoils every figure: say so beside it. */
  readonly loadAtStart: number;
}

export function machine(): Machine {
  const processors = cpus();
  return {
    cpus: processors.length,
    model: processors[0]?.model.trim() ?? 'unknown',
    memoryMiB: Math.round(totalmem() / 1048576),
    kernel: release(),
    loadAtStart: loadavg()[0] ?? NaN,
  };
}

export type Versions = Readonly<Record<string, string>>;

export function versions(): Versions {
  return {
    node: process.version,
    redis: firstLine('redis-server', ['--version'], /v=(\S+)/),
    haproxy: firstLine('haproxy', ['-v'], /version (\S+)/),
    ioredis: packageVersion('ioredis'),
    'node-redis': packageVersion('redis'),
    amqplib: packageVersion('amqplib'),
    'amqp-connection-manager': packageVersion('amqp-connection-manager'),
    'rabbitmq-client': packageVersion('rabbitmq-client'),
    rascal: packageVersion('rascal'),
    commit: firstLine('git', ['rev-parse', '--short', 'HEAD'], /(\S+)/),
    dirty:
      firstLine('git', ['status', '--porcelain', '--untracked-files=no'], /(\S)/) === 'none' ? 'no' : 'yes',
  };
}

function firstLine(command: string, args: readonly string[], pattern: RegExp): string {
  try {
    const output = execFileSync(command, [...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return pattern.exec(output)?.[1] ?? 'none';
  } catch {
    return 'none';
  }
}

function packageVersion(name: string): string {
  try {
    // Not by resolving the manifest: not every package exports it.
    const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
    const manifest = folders.map((folder) => join(folder, name, 'package.json')).find(existsSync) ?? '';
    const parsed: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
    return typeof parsed === 'object' && parsed !== null && 'version' in parsed
      ? String(parsed.version)
      : 'unknown';
  } catch {
    return 'none';
  }
}
