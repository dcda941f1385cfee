import { openHistory } from '@failover/testing';
import { until, within } from '../../clock.ts';
import { dieWithParent, toParent } from '../../process/module.ts';
import { clientKind } from '../client/open-client.ts';
import { counterKey } from '../keys.ts';
import type { RunningLoad } from './load-kind.ts';
import {
  fileOf,
  type HistoryLoadSettings,
  type HistoryNews,
  type HistoryOrder,
  type LoadKind,
} from './orders.ts';
import { watchStalls } from './stalls.ts';
import { startPubSub } from './pub-sub.ts';
import { startQueues } from './queues.ts';
import { startTransactions } from './transactions.ts';
import { startWrites } from './writes.ts';

/** ms; longer than the hold window, which is 40 s if nothing is said, so that what is unsettled then never settles. */
const GRACE_MS = 45_000;
/** ms; what was published last is on its way. */
const LAST_WORDS_MS = 500;

const settings = JSON.parse(process.argv[2] ?? '{}') as HistoryLoadSettings;
let isStopping = false;
let closed = 0;
const stalls = watchStalls();

dieWithParent();
process.on('uncaughtException', (error) => {
  console.error(`${settings.process}, outside of any promise: ${error.stack ?? error.message}`);
});
process.on('unhandledRejection', () => undefined);

const kind = clientKind(settings.client, () => (closed += isStopping ? 0 : 1));
const client = kind.open();
const first = client.own();
await until('a client is answered', 15_000, async () => {
  await first.count(counterKey(settings.process));
  return true;
});
const context = { process: settings.process, kind, client, isOver: () => isStopping };
const pubSub = startPubSub(context);
if ((await within(15_000, pubSub.ready)) === undefined) throw new Error('not everybody is subscribed');
pubSub.begin();
const loads: Readonly<Record<LoadKind, RunningLoad>> = {
  writes: startWrites(context),
  pubSub,
  queues: startQueues(context),
  transactions: startTransactions(context),
};

async function finish(): Promise<void> {
  isStopping = true;
  await within(GRACE_MS, Promise.all(Object.values(loads).map(({ done }) => done)));
  await within(LAST_WORDS_MS, new Promise(() => undefined));
  for (const [name, { records }] of Object.entries(loads)) {
    using history = openHistory<object>(fileOf(settings.directory, name as LoadKind));
    for (const record of records) history.write(record);
  }
  const { subscribers } = pubSub;
  await toParent({ type: 'finished', closed, subscribers, stalls } satisfies HistoryNews);
}

process.on('message', (order: HistoryOrder) => {
  if (order.type === 'finish') void finish();
});
await toParent({ type: 'ready' } satisfies HistoryNews);
