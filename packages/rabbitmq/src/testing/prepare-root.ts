import { access, copyFile, mkdir, open, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runBounded } from '@failover/testing';

export type RootResult = { readonly type: 'ready' } | { readonly type: 'failed'; readonly reason: string };

/** ms: it takes one minute on a good line. */
const buildMs = 300_000;
const mountMs = 5_000;

const mirror = 'http://deb.debian.org/debian';
const script = '/usr/share/debootstrap/scripts/sid';

/**
 * A root directory with another Debian and its RabbitMQ. If it is not there it is made of this suite, if one is given, in
 * one minute; safe when several processes do it at once. Needs root.
 */
export async function prepareRoot(folder: string, suite: string | undefined): Promise<RootResult> {
  if (!(await exists(join(folder, 'usr')))) {
    if (suite === undefined) return failed(`there is no root directory ${folder}`);
    const built = await buildOnce(folder, suite);
    if (built.type === 'failed') return built;
  }
  // A restart of the machine forgets mounts.
  return mounted(folder);
}

async function buildOnce(folder: string, suite: string): Promise<RootResult> {
  await mkdir(dirname(folder), { recursive: true });
  const lockFile = `${folder}.lock`;
  const endAt = performance.now() + buildMs;
  while (performance.now() < endAt) {
    const lock = await takeLock(lockFile);
    if (lock === undefined) {
      await sleep(200);
      continue;
    }
    try {
      return (await exists(join(folder, 'usr'))) ? { type: 'ready' } : await build(folder, suite);
    } finally {
      await lock.close();
      await rm(lockFile, { force: true });
    }
  }
  return failed(`another process has been making ${folder} for too long`);
}

/** `undefined` while a living process has it. */
async function takeLock(file: string): Promise<FileHandle | undefined> {
  try {
    const lock = await open(file, 'wx');
    await lock.write(String(process.pid));
    return lock;
  } catch {
    const owner = Number(await readFile(file, 'utf8').catch(() => '0'));
    if (owner > 0 && !(await exists(`/proc/${owner}`))) await rm(file, { force: true });
    return undefined;
  }
}

async function build(folder: string, suite: string): Promise<RootResult> {
  const work = `${folder}.${process.pid}`;
  const what = ['--variant=minbase', '--include=rabbitmq-server', suite, work];
  // A debootstrap that is older than the suite does not know its name; since trixie all are made alike.
  const made = await runBounded('debootstrap', [...what, mirror, script], buildMs);
  if (made.type === 'failed') {
    await rm(work, { recursive: true, force: true });
    return failed(`debootstrap made no root directory: ${made.reason}`);
  }
  await copyFile('/etc/hosts', join(work, 'etc/hosts'));
  await rename(work, folder);
  return { type: 'ready' };
}

async function mounted(folder: string): Promise<RootResult> {
  if (!(await exists(join(folder, 'proc/self')))) {
    const proc = await runBounded('mount', ['-t', 'proc', 'proc', join(folder, 'proc')], mountMs);
    if (proc.type === 'failed') return failed(proc.reason);
  }
  // debootstrap makes the few devices itself where it may: then nothing of ours is in there to be deleted with it.
  if (!(await exists(join(folder, 'dev/urandom')))) {
    const dev = await runBounded('mount', ['--bind', '/dev', join(folder, 'dev')], mountMs);
    if (dev.type === 'failed') return failed(dev.reason);
  }
  return { type: 'ready' };
}

function failed(reason: string): RootResult {
  return { type: 'failed', reason };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
