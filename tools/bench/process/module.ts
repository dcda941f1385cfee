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

/** Orders for a module, and the news that answer them. `failed` may come instead of any. */
export interface Talk<Order, News extends { readonly type: string }> {
  /** @throws Error with the reason of `failed`, if the process ends, or if the time is over. */
  next<T extends News['type']>(type: T, limitMs: number): Promise<Extract<News, { readonly type: T }>>;
  ask<T extends News['type']>(
    order: Order,
    type: T,
    limitMs: number,
  ): Promise<Extract<News, { readonly type: T }>>;
}

export function talkWith<Order extends object, News extends { readonly type: string }>(
  child: ChildProcess,
  name: string,
): Talk<Order, News> {
  type Of<T extends News['type']> = Extract<News, { readonly type: T }>;
  type Failed = { readonly type: 'failed'; readonly reason: string };

  async function next<T extends News['type']>(type: T, limitMs: number): Promise<Of<T>> {
    const isIt = (message: unknown): message is Of<T> | Failed =>
      typeof message === 'object' &&
      message !== null &&
      'type' in message &&
      (message.type === type || message.type === 'failed');
    const found = await nextMessage(child, `${name}: ${type}`, limitMs, isIt);
    if (found.type === 'failed') throw new Error(`${name}: ${(found as Failed).reason}`);
    return found as Of<T>;
  }

  return {
    next,
    ask(order, type, limitMs) {
      const answer = next(type, limitMs);
      child.send(order);
      return answer;
    },
  };
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
