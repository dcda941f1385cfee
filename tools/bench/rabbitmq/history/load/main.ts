import { now } from '../../../clock.ts';
import { dieWithParent, toParent } from '../../../process/module.ts';
import { type Arrival, outcomeOf } from '../../client/messenger.ts';
import { readPayload, writePayload } from '../../payload.ts';
import { type Application } from '../application/application.ts';
import { openApplication } from '../application/open.ts';
import { balanceOf, type Came, idOf, type Publish, type Sent } from './balance.ts';
import {
  CONSUMER_COUNT,
  type HistoryNews,
  type HistoryOrder,
  type HistorySettings,
  type Look,
} from './orders.ts';

const PUBLISHERS = 4;

const PREFETCH = 50;
/** ms between two messages of one publisher, and between two requests. */
const PUBLISH_EVERY_MS = 10;
const ASK_EVERY_MS = 1000;
/** What a late timer may make up for in one go: more would be a burst, and no schedule. */
const MOST_AT_ONCE = 20;

const { spec, name, queues } = JSON.parse(process.argv[2] ?? '{}') as HistorySettings;
const tell = (news: HistoryNews): Promise<void> => toParent(news);
const publishes: Publish[] = [];
const requests: Sent[] = [];
const arrivals: Came[] = [];
const received = new Set<string>();
const alive = new Set<number>();
const closings: string[] = [];
const crashes: string[] = [];
const timers: NodeJS.Timeout[] = [];
/** Confirmed, and not yet consumed. */
const missing = new Set<string>();
let open = 0;
let lastAt = now();
let isClosing = false;

dieWithParent();
const crashed = (error: unknown): void => {
  crashes.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
};
process.on('uncaughtException', crashed);
process.on('unhandledRejection', crashed);

function onArrival(consumer: number, { text, redelivered, resent, returns = 0 }: Arrival): void {
  const { by, id } = readPayload(text);
  if (by === 'prober') return void alive.add(consumer);
  const [publisher = NaN, sequence = NaN] = id.split('.').map(Number);
  lastAt = now();
  arrivals.push({ publisher, sequence, consumer, at: lastAt, redelivered, resent, returns });
  received.add(id);
  missing.delete(id);
}

/** Notes how it ends, in its place. */
function follow<T extends Sent>(records: T[], record: T, ending: Promise<unknown>, onOk?: () => void): void {
  const place = records.push(record) - 1;
  open += 1;
  ending.then(
    () => {
      open -= 1;
      records[place] = { ...record, endedAt: now(), outcome: 'ok' };
      onOk?.();
    },
    (error: unknown) => {
      open -= 1;
      const text = error instanceof Error ? error.message : String(error);
      const outcome = text === 'message nacked' ? 'nacked' : outcomeOf(error);
      records[place] = { ...record, endedAt: now(), outcome, error: text.slice(0, 120) };
    },
  );
}

function startPublisher(application: Application, publisher: number): void {
  const startAt = now();
  let sequence = 0;
  let skipped = 0;
  const publish = (): void => {
    const at = now();
    const record: Publish = {
      publisher,
      sequence,
      queue: queues[sequence % queues.length] ?? '',
      at,
      outcome: 'unsettled',
    };
    const id = idOf(record);
    sequence += 1;
    const ending = application.publish(publisher, record.queue, writePayload({ by: 'load', id, at }));
    follow(publishes, record, ending, () => {
      if (!received.has(id)) missing.add(id);
    });
  };
  const timer = setInterval(() => {
    const due = Math.floor((now() - startAt) / PUBLISH_EVERY_MS) - sequence - skipped;
    const count = Math.min(due, MOST_AT_ONCE);
    skipped += due - count;
    for (let each = 0; each < count; each += 1) publish();
  }, PUBLISH_EVERY_MS);
  timers.push(timer);
}

function startAsking(application: Application): void {
  const timer = setInterval(() => {
    const queue = queues[requests.length % queues.length] ?? '';
    const what = requests.length % 2 === 0 ? 'declare' : 'check';
    follow(requests, { at: now(), outcome: 'unsettled' }, application.ask(what, queue));
  }, ASK_EVERY_MS);
  timers.push(timer);
}

function look(): Look {
  return { open, missing: missing.size, idleMs: now() - lastAt, alive: [...alive] };
}

async function obey(application: Application, order: HistoryOrder): Promise<void> {
  switch (order.type) {
    case 'begin':
      for (let publisher = 0; publisher < PUBLISHERS; publisher += 1) startPublisher(application, publisher);
      return startAsking(application);
    case 'stop':
      for (const timer of timers) clearInterval(timer);
      return tell({ type: 'stopped' });
    case 'look':
      return tell({ type: 'look', ...look() });
    case 'finish': {
      const balance = balanceOf(publishes, requests, arrivals);
      const told = application.told?.();
      const lastArrivals = Array.from(
        { length: CONSUMER_COUNT },
        (_, at) => arrivals.findLast(({ consumer }) => consumer === at)?.at ?? NaN,
      );
      isClosing = true;
      await tell({ type: 'finished', balance, lastArrivals, closings, crashes, told });
      return application.close();
    }
  }
}

const application = await openApplication(spec, {
  name,
  publishers: PUBLISHERS,
  queues,
  consumers: Array.from({ length: CONSUMER_COUNT }, (_, at) => queues[at % queues.length] ?? ''),
  prefetch: PREFETCH,
  onArrival,
  onClosed(what, reason) {
    if (!isClosing) closings.push(`${what}: ${reason instanceof Error ? reason.message : String(reason)}`);
  },
});
process.on('message', (order: HistoryOrder) => {
  obey(application, order).catch((error: unknown) => tell({ type: 'failed', reason: String(error) }));
});
await tell({ type: 'opened' });
