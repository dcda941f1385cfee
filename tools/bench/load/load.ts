import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end } from '../process/child.ts';
import { nextMessage, startModule } from '../process/module.ts';
import type { DriverSpec, Told } from './driver/driver.ts';
import type { OperationRecord } from './operation.ts';
import type { LoadNews, LoadOrder, LoadSettings } from './orders.ts';

export interface LoadResult {
  readonly records: readonly OperationRecord[];
  readonly told?: Told | undefined;
  readonly worstLagMs: number;
}

/** A contender's clients under load, in a process of their own. */
export interface Load {
  readonly key: string;
  lastAcks(): Promise<readonly number[]>;
  finish(): Promise<LoadResult>;
}

const isOf =
  <T extends LoadNews['type']>(type: T) =>
  (message: unknown): message is Extract<LoadNews, { type: T }> =>
    typeof message === 'object' && message !== null && 'type' in message && message.type === type;

/** ms; a client that is not connected to a healthy cluster by then is started again. */
const READY_LIMIT_MS = 15_000;
const TRIES = 3;

/** Resolves when every worker has its first acknowledgement. @throws Error if that fails in several fresh processes */
export async function startLoad(
  driver: DriverSpec,
  key: string,
  workers: number,
  everyMs: number,
): Promise<Load> {
  const directory = mkdtempSync(join(tmpdir(), 'failover-load-'));
  const historyFile = join(directory, 'history.jsonl');
  const settings: LoadSettings = { driver, workers, everyMs, key, historyFile };
  const child = await startReady(settings);
  const order = (what: LoadOrder): void => void child.send(what);
  return {
    key,
    async lastAcks() {
      const answer = nextMessage(child, 'last acknowledgements', 5000, isOf('lastAcks'));
      order({ type: 'lastAcks' });
      return (await answer).at;
    },
    async finish() {
      const answer = nextMessage(child, `the history of ${key}`, 10_000, isOf('finished'));
      order({ type: 'finish' });
      const { told, worstLagMs } = await answer;
      const lines = readFileSync(historyFile, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      await end(child);
      rmSync(directory, { recursive: true, force: true });
      return { records: lines.map((line) => JSON.parse(line) as OperationRecord), told, worstLagMs };
    },
  };
}

/** Clients have been seen to hang while they connect, with all servers well: that is told, and is not measured here. */
async function startReady(settings: LoadSettings): Promise<ChildProcess> {
  for (let tried = 1; ; tried++) {
    const child = startModule(new URL('./main.ts', import.meta.url), settings);
    try {
      await nextMessage(child, `the load of ${settings.key} is ready`, READY_LIMIT_MS, isOf('ready'));
      return child;
    } catch (error) {
      await end(child);
      console.log(`     ${settings.key} was not connected within ${String(READY_LIMIT_MS)} ms`);
      if (tried === TRIES) throw error;
    }
  }
}
