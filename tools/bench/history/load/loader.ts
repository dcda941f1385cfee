import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  OperationRecord,
  Period,
  PubSubRecord,
  QueueRecord,
  Subscriber,
  TransactionRecord,
} from '@failover/testing';
import { end } from '../../process/child.ts';
import { nextMessage, startModule } from '../../process/module.ts';
import type { DriverSpec } from '../../load/driver/driver.ts';
import { fileOf, type HistoryLoadSettings, type HistoryNews, type HistoryOrder } from './orders.ts';

/** What one contender was asked, and what it answered. */
export interface Histories {
  readonly writes: readonly OperationRecord[];
  readonly pubSub: readonly PubSubRecord[];
  readonly subscribers: readonly Subscriber[];
  readonly queues: readonly QueueRecord[];
  readonly transactions: readonly TransactionRecord[];
  /** Connections that were closed under the application's hands. */
  readonly closed: number;
  /** When its process stood still. */
  readonly stalls: readonly Period[];
}

export interface HistoryLoad extends AsyncDisposable {
  readonly name: string;
  /** Where its records are, until it is disposed of. */
  readonly directory: string;
  finish(): Promise<Histories>;
  /** Leaves the records where they are. */
  keep(): void;
}

/** ms; half an hour of records are written within seconds. */
const FINISH_LIMIT_MS = 150_000;

const isOf =
  <T extends HistoryNews['type']>(type: T) =>
  (message: unknown): message is Extract<HistoryNews, { type: T }> =>
    typeof message === 'object' && message !== null && 'type' in message && message.type === type;

/** All loads of one contender, in a process of their own. */
export async function startHistoryLoad(name: string, client: DriverSpec): Promise<HistoryLoad> {
  const directory = mkdtempSync(join(tmpdir(), 'failover-history-'));
  const settings: HistoryLoadSettings = { client, process: name, directory };
  const child = startModule(new URL('./main.ts', import.meta.url), settings);
  let isKept = false;
  await nextMessage(child, `the load of ${name} is ready`, 40_000, isOf('ready'));
  return {
    name,
    directory,
    async finish() {
      const finished = nextMessage(child, `the history of ${name}`, FINISH_LIMIT_MS, isOf('finished'));
      child.send({ type: 'finish' } satisfies HistoryOrder);
      const { closed, subscribers, stalls } = await finished;
      return {
        writes: await readRecords(fileOf(directory, 'writes')),
        pubSub: await readRecords(fileOf(directory, 'pubSub')),
        subscribers,
        queues: await readRecords(fileOf(directory, 'queues')),
        transactions: await readRecords(fileOf(directory, 'transactions')),
        closed,
        stalls,
      };
    },
    keep: () => (isKept = true),
    async [Symbol.asyncDispose]() {
      await end(child);
      if (!isKept) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Our own process wrote them. */
async function readRecords<R>(file: string): Promise<readonly R[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as R);
}
