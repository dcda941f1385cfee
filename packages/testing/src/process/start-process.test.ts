import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { ProcessStartError, startProcess, type SupervisedProcess } from './start-process.ts';

const started: SupervisedProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) await child[Symbol.asyncDispose]();
});

async function shell(script: string, logBytes?: number): Promise<SupervisedProcess> {
  const child = await startProcess({ command: '/bin/sh', args: ['-c', script], name: 'shell', logBytes });
  started.push(child);
  return child;
}

/** R, S, T (stopped), Z … or undefined if there is no such process. */
function state(pid: number): string | undefined {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

const isGone = (pid: number): boolean => [undefined, 'Z', 'X'].includes(state(pid));

describe('start process', () => {
  it('keeps what the process wrote and how it ended', async () => {
    const child = await shell('echo out; echo err >&2; exit 3');
    expect(await child.exited).toEqual({ code: 3, signal: null });
    await expect.poll(() => [...child.log.lines()].sort()).toEqual(['err', 'out']);
  });

  it('rejects with the cause if the command does not exist', async () => {
    const starting = startProcess({ command: '/no/such/server', name: 'primary' });
    await expect(starting).rejects.toThrow(ProcessStartError);
    await expect(starting).rejects.toMatchObject({ code: 'process-start', cause: { code: 'ENOENT' } });
  });

  it('passes environment and folder on', async () => {
    const child = await startProcess({
      command: '/bin/sh',
      args: ['-c', 'echo "$GREETING $PWD"'],
      env: { GREETING: 'hello' },
      cwd: '/',
    });
    started.push(child);
    expect(await child.logLine(/hello/)).toBe('hello /');
  });

  it('waits for a line and fails with the log if the process ends first', async () => {
    const child = await shell('echo starting; echo bind: in use');
    await expect(child.logLine(/ready/)).rejects.toThrow(/ended before it wrote \/ready\/\n.*bind: in use/s);
    await expect(child.logLine(/never/)).rejects.toThrow(ProcessStartError);
  });

  it('stops waiting for a line when told to', async () => {
    const child = await shell('exec sleep 100');
    const abort = new AbortController();
    const waiting = child.logLine(/never/, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('stops and continues', async () => {
    const child = await shell('exec sleep 100');
    child.stop();
    await expect.poll(() => state(child.pid)).toBe('T');
    child.continue();
    await expect.poll(() => state(child.pid)).not.toBe('T');
    child.kill();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(child.exit).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('lets a process finish when it is terminated', async () => {
    const child = await shell(`trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done`);
    await child.logLine(/up/);
    child.terminate();
    // The whole group got the signal; the shell decides itself how it ends.
    expect(await child.exited).toEqual({ code: 0, signal: null });
    await child.logLine(/bye/);
  });

  it('signals nobody once the process has ended', async () => {
    const child = await shell('exit 0');
    await child.exited;
    child.kill();
    child.stop();
    await child[Symbol.asyncDispose]();
    expect(child.exit).toEqual({ code: 0, signal: null });
  });

  it('ends a stopped process and what it had started', async () => {
    const child = await shell('sleep 100 & echo $!; wait');
    const grandchild = Number(await child.logLine(/^\d+$/));
    child.stop();
    await child[Symbol.asyncDispose]();
    await expect.poll(() => [child.pid, grandchild].every(isGone)).toBe(true);
  });

  it('leaves nothing of the group when the process itself dies', async () => {
    const child = await shell('sleep 100 & echo $!; kill -KILL $$');
    const grandchild = Number(await child.logLine(/^\d+$/));
    await child.exited;
    await expect.poll(() => isGone(grandchild)).toBe(true);
  });

  it('keeps a bounded log', async () => {
    const child = await shell(
      'i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); done; echo done',
      100,
    );
    await child.logLine(/done/);
    expect(child.log.heldBytes).toBeLessThanOrEqual(100);
    expect(child.log.droppedLines).toBeGreaterThan(900);
  });
});

describe('a parent that ends', () => {
  const here = new URL('./start-process.ts', import.meta.url).pathname;

  /** A parent with a running and a stopped child. */
  async function startParent(last: string): Promise<{ parent: ReturnType<typeof spawn>; pids: number[] }> {
    const code = `import { startProcess } from ${JSON.stringify(here)};
      const running = await startProcess({ command: 'sleep', args: ['100'] });
      const stopped = await startProcess({ command: 'sleep', args: ['100'] });
      stopped.stop();
      console.log(running.pid, stopped.pid);
      process.stdin.once('data', () => { ${last} });`;
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    return { parent, pids: line.toString().trim().split(' ').map(Number) };
  }

  async function expectGone(pids: readonly number[]): Promise<void> {
    await expect.poll(() => pids.map(isGone)).toEqual(pids.map(() => true));
  }

  it.each(['SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves no child after %s', async (signal) => {
    const { parent, pids } = await startParent('');
    expect(pids.map(isGone)).toEqual([false, false]);
    parent.kill(signal);
    await expectGone(pids);
  });

  it.each([
    ['exits', 'process.exit(0)'],
    ['crashes', 'throw new Error("crash")'],
  ])('leaves no child when it %s', async (_, last) => {
    const { parent, pids } = await startParent(last);
    parent.stdin?.write('go\n');
    await once(parent, 'exit');
    await expectGone(pids);
  });
});
