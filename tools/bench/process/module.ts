import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { start } from './child.ts';

/** A TypeScript module of the bench as its own process, so that it shares no event loop with what it measures. */
export function startModule(url: URL, argument: unknown): ChildProcess {
  const flags = ['--import', 'tsx', '--conditions=@failover/source'];
  return start(process.execPath, [...flags, fileURLToPath(url), JSON.stringify(argument)], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** The next message for which `isIt` holds. @throws Error if the process ends or the time is over. */
export function nextMessage<M>(
  child: ChildProcess,
  what: string,
  limitMs: number,
  isIt: (message: unknown) => message is M,
): Promise<M> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      settle(() => {
        reject(new Error(`no message within ${String(limitMs)} ms: ${what}`));
      });
    }, limitMs);
    const onMessage = (message: unknown): void => {
      if (isIt(message)) {
        settle(() => {
          resolve(message);
        });
      }
    };
    const onExit = (code: number | null): void => {
      settle(() => {
        reject(new Error(`the process ended with ${String(code)} before: ${what}`));
      });
    };
    function settle(how: () => void): void {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
      how();
    }
    child.on('message', onMessage).on('exit', onExit);
  });
}

/** In the child: a message home, and no life without the parent. */
export function toParent(message: unknown): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else {
      process.send(message, undefined, undefined, () => {
        resolve();
      });
    }
  });
}

export function dieWithParent(): void {
  process.on('disconnect', () => process.exit(1));
}
