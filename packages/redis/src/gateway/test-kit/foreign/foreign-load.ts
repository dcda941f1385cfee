import { spawn } from 'node:child_process';

/** What an application in another language saw of a failover. */
export interface Seen {
  readonly version: string;
  readonly acknowledged: readonly string[];
  /** Errors that say that the outcome is unknown; at most what was in flight. */
  readonly unknown: readonly string[];
  /** All other errors: a failover that reached the application. */
  readonly failed: readonly string[];
  readonly popped: readonly string[];
  readonly messages: readonly string[];
}

/** Writers, a transaction, a queue with a blocking worker and a subscriber, until it is told to end. */
export interface ForeignLoad extends Disposable {
  /** Resolves when every worker has ended. */
  finish(): Promise<Seen>;
}

export type Foreign =
  | { readonly type: 'found'; start(port: number): ForeignLoad }
  | { readonly type: 'missing'; readonly reason: string; readonly cure: string };

/** A program that works until its standard input ends, and then prints what it saw as one line of JSON. */
export function startForeign(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ForeignLoad {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      resolve(String(code ?? signal));
    });
  });
  return {
    async finish() {
      child.stdin.end();
      const how = await ended;
      if (how !== '0') throw new Error(`${command} ended with ${how}`);
      return JSON.parse(output) as Seen;
    },
    [Symbol.dispose]: () => child.kill('SIGKILL'),
  };
}
