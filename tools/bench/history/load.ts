import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OperationRecord, readHistory } from '@failover/testing';
import type { DriverSpec } from '../load/driver/driver.ts';
import { end } from '../process/child.ts';
import { nextMessage, startModule } from '../process/module.ts';
import type { HistoryLoadSettings, HistoryNews, HistoryOrder } from './orders.ts';

export interface HistoryLoad {
  readonly name: string;
  finish(): Promise<{ readonly history: readonly OperationRecord[]; readonly closed: number }>;
}

const isOf =
  <T extends HistoryNews['type']>(type: T) =>
  (message: unknown): message is Extract<HistoryNews, { type: T }> =>
    typeof message === 'object' && message !== null && 'type' in message && message.type === type;

/** Writers, counters and readers of one contender, in a process of their own. */
export async function startHistoryLoad(name: string, driver: DriverSpec): Promise<HistoryLoad> {
  const directory = mkdtempSync(join(tmpdir(), 'failover-history-'));
  const historyFile = join(directory, 'history.jsonl');
  const settings: HistoryLoadSettings = { driver, process: name, historyFile };
  const child = startModule(new URL('./main.ts', import.meta.url), settings);
  await nextMessage(child, `the load of ${name} is ready`, 20_000, isOf('ready'));
  return {
    name,
    async finish() {
      const finished = nextMessage(child, `the history of ${name}`, 60_000, isOf('finished'));
      child.send({ type: 'finish' } satisfies HistoryOrder);
      const { closed } = await finished;
      const history: OperationRecord[] = [];
      for await (const record of readHistory(historyFile)) history.push(record);
      await end(child);
      rmSync(directory, { recursive: true, force: true });
      return { history, closed };
    },
  };
}
