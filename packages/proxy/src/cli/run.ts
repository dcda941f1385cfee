import { isFailoverError, systemRuntime } from '@failover/core';
import type { ProxyConfig } from '../config/index.ts';
import { createLog } from '../log/create-log.ts';
import { startProxy } from '../process/start-proxy.ts';
import { exitCode, signalCode } from './exit-code.ts';

export interface RunOptions {
  /** Drain when standard input ends: the process that started us is gone. */
  readonly stopWithStdin: boolean;
}

/** ms that the log's reader gets to read the end of it. */
const flushMs = 1_000;

/** Runs until a signal; resolves with the exit code. The first signal drains, the second ends at once. */
export async function run(config: ProxyConfig, options: RunOptions): Promise<number> {
  const { log, flush, flushNow } = createLog(config.log, 1);
  const stop = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    stop.signal.addEventListener('abort', () => {
      resolve();
    });
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) {
        log('warn', 'second signal: ending at once', { signal });
        flushNow();
        process.exit(signalCode(signal));
      }
      log('info', 'stopping', { signal });
      stop.abort();
    });
  }
  if (options.stopWithStdin) {
    for (const event of ['end', 'error'] as const) {
      process.stdin.on(event, () => {
        stop.abort();
      });
    }
    process.stdin.resume();
  }
  try {
    const proxy = await startProxy(config, { runtime: systemRuntime({ log }), signal: stop.signal });
    await stopped;
    await proxy.drain();
    return exitCode.ok;
  } catch (error) {
    if (!isFailoverError(error)) throw error;
    log('error', error.message, { code: error.code });
    return exitCode.failed;
  } finally {
    await Promise.race([flush(), new Promise((resolve) => setTimeout(resolve, flushMs))]);
  }
}
