import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { FailoverError, type FailoverEvent, type Runtime } from '@failover/core';
import { findModule } from '../adapter/find-module.ts';
import { createEventLines } from './event-lines.ts';

/** `failover run` in a process of its own, as a user would start it. */
export interface LocalProcess extends AsyncDisposable {
  readonly port: number;
  /** Its events as it tells them on its admin page, on our clock. */
  onEvent(listener: (event: FailoverEvent) => void): void;
  /** Aborts if it ends before we end it; the reason has what it wrote last. */
  readonly ended: AbortSignal;
}

/** ms for the start of a process on a busy machine. */
const startMs = 30_000;
/** ms that it gets to drain before it is killed. */
const endMs = 5_000;

/**
 * Starts the local process on free ports. It ends with us: its standard input is a pipe that we hold.
 * @throws FailoverError `closed` with what it wrote, if it does not come up
 */
export async function startLocalProcess(
  backend: string,
  config: Readonly<Record<string, unknown>>,
  runtime: Runtime,
): Promise<LocalProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'failover-demo-'));
  const file = join(folder, 'failover.yaml');
  const found = findModule(backend, 'gateway', [process.cwd(), fileURLToPath(new URL('.', import.meta.url))]);
  const data = {
    version: 1,
    admin: { listen: '127.0.0.1:0' },
    clusters: { demo: { backend: found.type === 'found' ? found.file : backend, ...config } },
    listeners: [{ listen: '127.0.0.1:0', cluster: 'demo' }],
    start: { timeout: '20s' },
    drain: { timeout: '2s' },
    log: { level: 'info', format: 'json' },
  };
  await writeFile(file, JSON.stringify(data, null, 2), { mode: 0o600 });

  const bin = fileURLToPath(new URL(`../bin${extname(import.meta.url)}`, import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, bin, 'run', '-c', file, '--stop-with-stdin'], {
    // A Ctrl-C in the terminal reaches it through us only.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stdin.on('error', () => undefined);
  const written: string[] = [];
  const listening = new AbortController();
  const ended = new AbortController();
  void exited.then(() => {
    if (listening.signal.aborted) return;
    ended.abort(new FailoverError('closed', `the local process ended:\n${written.slice(-20).join('\n')}`));
  });
  const listeners: ((event: FailoverEvent) => void)[] = [];

  async function end(): Promise<void> {
    listening.abort();
    child.stdin.end();
    const cancel = runtime.after(endMs, () => child.kill('SIGKILL'));
    await exited;
    cancel();
    await rm(folder, { recursive: true, force: true });
  }

  try {
    const addresses = await new Promise<{ readonly port: number; readonly admin: string }>(
      (resolve, reject) => {
        let admin = '';
        const fail = (reason: string): void => {
          cancel();
          reject(new FailoverError('closed', `the local process ${reason}:\n${written.join('\n')}`));
        };
        const cancel = runtime.after(startMs, () => fail(`is not up after ${startMs / 1000} s`));
        child.once('error', (error) => fail(`cannot be started (${error.message})`));
        void exited.then(() => fail('ended'));
        for (const stream of [child.stdout, child.stderr]) {
          createInterface({ input: stream }).on('line', (line) => {
            written.push(line);
            written.splice(0, written.length - 50);
            const record = readRecord(line);
            if (record?.msg === 'admin pages') admin = record.address ?? '';
            if (record?.msg !== 'listening' || record.address === undefined) return;
            cancel();
            resolve({ port: Number(record.address.split(':').at(-1)), admin });
          });
        }
      },
    );
    void follow(addresses.admin, listening.signal, runtime, (event) => {
      for (const listener of listeners) listener(event);
    });
    return {
      port: addresses.port,
      onEvent: (listener) => void listeners.push(listener),
      ended: ended.signal,
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

interface LogRecord {
  readonly msg: string;
  readonly address?: string;
}

function readRecord(line: string): LogRecord | undefined {
  try {
    return JSON.parse(line) as LogRecord;
  } catch {
    return undefined;
  }
}

async function follow(
  admin: string,
  signal: AbortSignal,
  runtime: Runtime,
  tell: (event: FailoverEvent) => void,
): Promise<void> {
  try {
    const response = await fetch(`http://${admin}/events`, { signal });
    const split = createEventLines();
    const text = new TextDecoder();
    for await (const piece of response.body ?? []) {
      for (const { data } of split(text.decode(piece as Uint8Array, { stream: true }))) {
        const event = JSON.parse(data) as FailoverEvent & { readonly time: string };
        // Its clock starts with it; what both have is the time of day.
        tell({ ...event, at: runtime.now() - (Date.now() - Date.parse(event.time)) });
      }
    }
  } catch (error) {
    if (signal.aborted) return;
    runtime.log('warn', 'the events of the local process ended', { reason: String(error) });
  }
}
