import { access, constants, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheFolder, runBounded } from '@failover/testing';
import { prepareRoot } from './prepare-root.ts';

/** The release series that tests want: the last with mirrored queues, one that has dropped them, and the newest. */
export const allSeries = ['3.10', '4.0', '4.3'] as const;
export type Series = (typeof allSeries)[number];

export function isSeries(name: string): name is Series {
  return allSeries.some((series) => series === name);
}

/** A RabbitMQ that this machine can run. */
export interface RealRabbit {
  readonly version: string;
  /** How it was found, for people. */
  readonly how: string;
  /** The root directory that it runs in, `/` for ours. */
  readonly root: string;
  /** Inside of that root: the folder with `rabbitmq-server` and `rabbitmqctl`. */
  readonly scripts: string;
}

export interface FindOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where a prepared root is kept; by default the user's cache folder. */
  readonly cacheFolder?: string;
}

export type VersionSearch =
  | { readonly type: 'found'; readonly server: RealRabbit }
  | { readonly type: 'missing'; readonly reason: string; readonly cure: string };

/** Debian's, Red Hat's and the generic archive's. The scripts on the PATH change the user, so they are of no use. */
const scriptFolders = ['usr/lib/rabbitmq/bin', 'opt/rabbitmq/sbin', 'usr/local/lib/rabbitmq/sbin'] as const;

const cures: Readonly<Record<Series, string>> = {
  '3.10': 'on Debian 12: apt-get install rabbitmq-server',
  '4.0':
    'on Debian 13: apt-get install rabbitmq-server; elsewhere as root: apt-get install debootstrap, and set FAILOVER_INSTALL=1, which makes a Debian 13 root in the cache folder (FAILOVER_RABBITMQ_ROOT names one that you have)',
  '4.3':
    'as root: apt-get install debootstrap, and set FAILOVER_INSTALL=4.3, which makes a root of Debian testing in the cache folder (FAILOVER_RABBITMQ_ROOT names one that you have)',
};

/** What Debian has in which release, and the name of a root directory of it in the cache folder. */
const releases = [
  { series: '4.0', suite: 'trixie', name: 'debian13' },
  { series: '4.3', suite: 'forky', name: 'debian14' },
] as const;

/**
 * Looks for a release series: in this system, then in the root that `FAILOVER_RABBITMQ_ROOT` names, else in the Debian
 * roots of the cache folder. The one that has it is made if `FAILOVER_INSTALL` names the series, or is 1 for 4.0, and this
 * process may do it: Debian testing is there for who asks for it, since it may be broken on any day.
 */
export async function findVersion(series: Series, options: FindOptions = {}): Promise<VersionSearch> {
  const tried: string[] = [];
  for await (const found of candidates(options, series)) {
    if (typeof found === 'string') tried.push(found);
    else if (found.version.startsWith(`${series}.`)) return { type: 'found', server: found };
    else tried.push(`${found.how} is ${found.version}`);
  }
  return { type: 'missing', reason: `no RabbitMQ ${series}: ${tried.join('; ')}`, cure: cures[series] };
}

/** Whichever is there. */
export async function findAny(options: FindOptions = {}): Promise<VersionSearch> {
  const tried: string[] = [];
  for await (const found of candidates(options, '4.0')) {
    if (typeof found !== 'string') return { type: 'found', server: found };
    tried.push(found);
  }
  return { type: 'missing', reason: `no RabbitMQ: ${tried.join('; ')}`, cure: cures['3.10'] };
}

/** What is there, and sentences about what is not. Only a root that has the wanted series is made. */
async function* candidates(
  { env = process.env, cacheFolder }: FindOptions,
  wanted: Series,
): AsyncGenerator<RealRabbit | string> {
  yield (await findIn('/', 'the system')) ?? 'no rabbitmq-server in this system';
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    yield 'another root directory needs Linux and root';
    return;
  }
  const named = env['FAILOVER_RABBITMQ_ROOT'];
  if (named !== undefined && named !== '') {
    yield await inPrepared(named, undefined);
    return;
  }
  for (const { series, suite, name } of releases) {
    const install = env['FAILOVER_INSTALL'];
    const mayInstall = series === wanted && (install === series || (install === '1' && series === '4.0'));
    yield await inPrepared(
      join(cacheFolder ?? defaultCacheFolder(env), name),
      mayInstall ? suite : undefined,
    );
  }
}

async function inPrepared(root: string, suite: string | undefined): Promise<RealRabbit | string> {
  const ready = await prepareRoot(root, suite);
  if (ready.type === 'failed') return ready.reason;
  return (await findIn(root, `the root directory ${root}`)) ?? `no rabbitmq-server in ${root}`;
}

/** How to run a command in a root directory. */
export function inRoot(
  root: string,
  command: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  return root === '/' ? { command, args } : { command: 'chroot', args: [root, command, ...args] };
}

async function findIn(root: string, where: string): Promise<RealRabbit | undefined> {
  for (const folder of scriptFolders) {
    const scripts = join('/', folder);
    if (!(await isExecutable(join(root, folder, 'rabbitmq-server')))) continue;
    const version = (await packagedVersion(join(root, folder))) ?? (await askedVersion(root, scripts));
    if (version !== undefined) return { version, how: `RabbitMQ of ${where}`, root, scripts };
  }
  return undefined;
}

/** Debian names a folder after the version; to ask the program costs a second. */
async function packagedVersion(scripts: string): Promise<string | undefined> {
  const names = await readdir(join(scripts, '..', 'lib')).catch(() => []);
  return names.map((name) => /^rabbitmq_server-(\d\S*)$/.exec(name)?.[1]).find((name) => name !== undefined);
}

async function askedVersion(root: string, scripts: string): Promise<string | undefined> {
  const { command, args } = inRoot(root, join(scripts, 'rabbitmqctl'), ['version']);
  const answer = await runBounded(command, args, 60_000);
  return answer.type === 'ran' ? /^\d+\.\d+\S*/m.exec(answer.output)?.[0] : undefined;
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
