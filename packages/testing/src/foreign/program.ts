import { spawn } from 'node:child_process';

/** A program in another language, at work until it is told to end. */
export interface ForeignProgram extends Disposable {
  /**
   * Closes its standard input, which tells it to end. Resolves when it has ended by itself.
   * @throws Error if it ended in another way, or wrote something else than lines of JSON
   */
  finish(): Promise<void>;
}

/** A client in another language, or why this machine cannot run it. `Line` is what its program prints. */
export type Foreign<Line> =
  | {
      readonly type: 'found';
      /** Each line of JSON is told as it comes. */
      start(args: readonly string[], onLine: (line: Line) => void): ForeignProgram;
    }
  | { readonly type: 'missing'; readonly reason: string; readonly cure: string };

/** Standard error is ours, so that what it complains of is seen. */
export function startProgram<Line>(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  onLine: (line: Line) => void,
): ForeignProgram {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let rest = '';
  let problem = '';
  const read = (line: string): void => {
    try {
      onLine(JSON.parse(line) as Line);
    } catch (error) {
      problem ||= `${String(error)} in its line ${line}`;
    }
  };
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(read);
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      if (rest !== '') read(rest);
      resolve(String(code ?? signal));
    });
  });
  return {
    async finish() {
      child.stdin.end();
      const how = await ended;
      if (how !== '0') throw new Error(`${command} ended with ${how}`);
      if (problem !== '') throw new Error(`${command}: ${problem}`);
    },
    [Symbol.dispose]: () => child.kill('SIGKILL'),
  };
}
