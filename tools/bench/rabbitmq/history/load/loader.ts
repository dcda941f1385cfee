import { end } from '../../../process/child.ts';
import { startModule, talkWith } from '../../../process/module.ts';
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

export async function startHistoryLoader(settings: HistorySettings): Promise<HistoryLoader> {
  const child = startModule(new URL('./main.ts', import.meta.url), settings);

  const { next, ask } = talkWith<HistoryOrder, HistoryNews>(child, settings.name);

  await next('opened', START_LIMIT_MS);
  return {
    begin: () => void child.send({ type: 'begin' } satisfies HistoryOrder),
    async stop() {
      await ask({ type: 'stop' }, 'stopped', ANSWER_LIMIT_MS);
    },
    look: () => ask({ type: 'look' }, 'look', ANSWER_LIMIT_MS),
    finish: () => ask({ type: 'finish' }, 'finished', FINISH_LIMIT_MS),
    end: () => end(child),
  };
}
