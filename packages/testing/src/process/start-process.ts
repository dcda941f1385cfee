import { spawn } from 'node:child_process';
import { guard, signalGroup, unguard } from './guardian.ts';
import { createLogRing, lastLines, type LogRing } from './log-ring.ts';

export interface ProcessOptions {
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Replaces the whole environment; by default it is ours. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What errors call it; by default the command. */
  readonly name?: string;
  /** Bytes of output kept, default 256 KiB: enough to read why a server died. */
  readonly logBytes?: number;
}

export type ProcessExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** One process with all that it starts in turn: signals go to the whole group. */
export interface SupervisedProcess extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  readonly log: LogRing;
  /** Never rejects. */
  readonly exited: Promise<ProcessExit>;
  readonly exit: ProcessExit | undefined;
  /** SIGKILL: it gets no chance to say goodbye, but the kernel closes its sockets. */
  kill(): void;
  /** SIGSTOP: it hangs, and the kernel goes on accepting connections for it. */
  stop(): void;
  /** SIGCONT. */
  continue(): void;
  /** SIGTERM: it may finish what it does. A stopped process sees it after `continue()`. */
  terminate(): void;
  /**
   * The first line, written already or still to come, that matches.
   * @throws ProcessStartError if it exits first; the signal's reason if that comes first
   */
  logLine(matches: RegExp, options?: { readonly signal?: AbortSignal }): Promise<string>;
}

/** The process could not be started, or ended before it was ready. */
export class ProcessStartError extends Error {
  readonly code = 'process-start';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProcessStartError';
  }
}

const defaultLogBytes = 256 * 1024;

/**
 * Starts a process that does not outlive this one, whatever ends us. It leads a group of its own, so a
 * Ctrl-C in the terminal reaches it through us only.
 * @throws ProcessStartError if the command cannot be run
 */
export async function startProcess(options: ProcessOptions): Promise<SupervisedProcess> {
  const name = options.name ?? options.command;
  const log = createLogRing(options.logBytes ?? defaultLogBytes);
  const child = spawn(options.command, options.args ?? [], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid !== undefined) guard(pid);

  let exit: ProcessExit | undefined;
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal };
      if (pid !== undefined) {
        // What it started has lost its supervisor: nothing of the group stays.
        signalGroup(pid, 'SIGKILL');
        unguard(pid);
      }
      resolve(exit);
    });
  });
  child.stdout.on('data', log.write);
  child.stderr.on('data', log.write);
  child.once('close', log.end);

  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      reject(new ProcessStartError(`${name}: cannot run "${options.command}": ${cause.message}`, { cause }));
    });
  });
  if (pid === undefined) throw new ProcessStartError(`${name}: "${options.command}" got no process id`);
  // Later errors are signals that came too late; `exit` tells the story.
  child.on('error', () => undefined);

  const send = (signal: NodeJS.Signals) => () => {
    if (exit === undefined) signalGroup(pid, signal);
  };

  return {
    name,
    pid,
    log,
    exited,
    get exit() {
      return exit;
    },
    kill: send('SIGKILL'),
    stop: send('SIGSTOP'),
    continue: send('SIGCONT'),
    terminate: send('SIGTERM'),
    logLine: (matches, { signal } = {}) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const found = log.lines().find((line) => matches.test(line));
        if (found !== undefined) return resolve(found);
        const finish = (): void => {
          stopListening();
          child.off('close', onClose);
          signal?.removeEventListener('abort', onAbort);
        };
        const stopListening = log.onLine((line) => {
          if (!matches.test(line)) return;
          finish();
          resolve(line);
        });
        const onClose = (): void => {
          finish();
          reject(
            new ProcessStartError(`${name}: ended before it wrote ${String(matches)}\n${lastLines(log)}`),
          );
        };
        const onAbort = (): void => {
          finish();
          // The caller's own reason, whatever it is.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          reject(signal?.reason);
        };
        if (child.stdout.closed && child.stderr.closed && exit !== undefined) return onClose();
        child.once('close', onClose);
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    async [Symbol.asyncDispose]() {
      if (exit === undefined) {
        signalGroup(pid, 'SIGCONT');
        signalGroup(pid, 'SIGKILL');
      }
      await exited;
      // Something that left the group may still hold the pipes and would keep us alive.
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}
