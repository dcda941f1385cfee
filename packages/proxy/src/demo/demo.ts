import { colors as pc } from '../colors.ts';
import { FailoverError, isFailoverError, systemRuntime } from '@failover/core';
import { exitCode, signalCode } from '../cli/exit-code.ts';
import { loadDemo } from './load-demo.ts';
import { play } from './play.ts';
import { createStage } from './stage.ts';

/** ms: a demo that takes longer hangs, and says so. */
const limitMs = 150_000;

/** Shows a failover to somebody who never saw one. Resolves with the exit code. */
export async function demo(backend: string, out: NodeJS.WriteStream): Promise<number> {
  const runtime = systemRuntime();
  const stage = createStage(out, runtime);
  const stop = new AbortController();
  let code: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // The second one ends at once; what was started does not outlive us.
      if (stop.signal.aborted) process.exit(signalCode(signal));
      code = signalCode(signal);
      stage.end();
      stage.say('Stopping what was started.');
      stop.abort(new FailoverError('closed', `ended by ${signal}`));
    });
  }
  const cancel = runtime.after(limitMs, () => {
    stop.abort(new FailoverError('deadline-passed', `the demo did not end within ${limitMs / 1000} s`));
  });
  try {
    stage.show(() => 'looking for servers to run');
    const servers = await (await loadDemo(backend, process.cwd())).find();
    const note = servers.isDouble ? pc.yellow('NOT A REAL SERVER, a double: ') : '';
    stage.say(`${pc.bold('failover demo')} on ${note}${servers.name}`);
    const { lines, code: verdict } = await play({ backend, servers, stage, runtime, signal: stop.signal });
    stage.end();
    stage.say('');
    for (const line of lines) stage.say(line);
    stage.say('');
    const word =
      verdict === exitCode.ok ? pc.green('Nothing was lost by us or doubled') : pc.red('Not as promised');
    stage.say(`${word}; on ${note}${servers.name}`);
    return verdict;
  } catch (error) {
    stage.end();
    if (code !== undefined) return code;
    if (isFailoverError(error) && error.code === 'adapter-invalid') throw error;
    stage.say(pc.red(error instanceof Error ? error.message : String(error)));
    return exitCode.failed;
  } finally {
    cancel();
  }
}
