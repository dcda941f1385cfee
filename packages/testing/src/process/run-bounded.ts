import { execFile } from 'node:child_process';

export type CommandResult =
  { readonly type: 'ran'; readonly output: string } | { readonly type: 'failed'; readonly reason: string };

/** Runs a command to its end, or kills it when its time is up. Never rejects. */
export function runBounded(
  command: string,
  args: readonly string[],
  timeoutMs: number,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, killSignal: 'SIGKILL', env, maxBuffer: 64 * 2 ** 20 } as const;
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ type: 'ran', output: stdout });
      const why =
        error.killed === true ? `no answer within ${timeoutMs} ms` : lastLine(stderr, error.message);
      resolve({ type: 'failed', reason: `${command} ${args[0] ?? ''}: ${why}` });
    });
  });
}

function lastLine(text: string, otherwise: string): string {
  return text.trim().split('\n').at(-1) || otherwise;
}
