import { end } from '../../../process/child.ts';
import { nextMessage, startModule } from '../../../process/module.ts';
import type { HistoryLog, HistoryNews, HistoryOrder, HistorySettings, Look } from './orders.ts';

/** The application of one contender, in a process of its own. */
export interface HistoryLoader {
  begin(): void;
  stop(): Promise<void>;
  look(): Promise<Look>;
  finish(): Promise<HistoryLog>;
  end(): Promise<void>;
}

const START_LIMIT_MS = 60_000;
const ANSWER_LIMIT_MS = 10_000;
/** ms; the records of hours are compared. */
const FINISH_LIMIT_MS = 60_000;

type Kind = HistoryNews['type'];
type News<T extends Kind> = Extract<HistoryNews, { readonly type: T }>;

export async function startHistoryLoader(settings: HistorySettings): Promise<HistoryLoader> {
  const child = startModule(new URL('./main.ts', import.meta.url), settings);

  async function next<T extends Kind>(type: T, limitMs: number): Promise<News<T>> {
    const isIt = (message: unknown): message is News<T> | News<'failed'> =>
      typeof message === 'object' &&
      message !== null &&
      'type' in message &&
      (message.type === type || message.type === 'failed');
    const found = await nextMessage(child, `${settings.name}: ${type}`, limitMs, isIt);
    if (found.type === 'failed') throw new Error(`${settings.name}: ${(found as News<'failed'>).reason}`);
    return found as News<T>;
  }

  function ask<T extends Kind>(order: HistoryOrder, type: T, limitMs = ANSWER_LIMIT_MS): Promise<News<T>> {
    const answer = next(type, limitMs);
    child.send(order);
    return answer;
  }

  await next('opened', START_LIMIT_MS);
  return {
    begin: () => void child.send({ type: 'begin' } satisfies HistoryOrder),
    async stop() {
      await ask({ type: 'stop' }, 'stopped');
    },
    look: () => ask({ type: 'look' }, 'look'),
    finish: () => ask({ type: 'finish' }, 'finished', FINISH_LIMIT_MS),
    end: () => end(child),
  };
}
