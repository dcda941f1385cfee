import type { PopRecord, PushRecord } from '@failover/testing';
import { movedKey, queueKey } from '../keys.ts';
import type { LoadContext, RunningLoad } from './load-kind.ts';
import { noAnswer, work } from './work.ts';

/** One whose items are taken away, and one whose items are moved to another list. */
const QUEUES = ['pop', 'move'] as const;
const CONSUMERS = 2;
const PUSH_EVERY_MS = 40;
/** Seconds that consumers wait, in turn: for ever, and so short that it often ends in vain during a fault. */
const TIMEOUTS = [0, 2] as const;

/** Consumers that wait for items, and a producer for each queue, who goes on until nobody waits any more. */
export function startQueues({ process, client, isOver }: LoadContext): RunningLoad {
  const records: object[] = [];
  let worker = 0;

  function startQueue(way: (typeof QUEUES)[number], queue: number): readonly Promise<void>[] {
    const key = queueKey(process, queue);
    let waiting = CONSUMERS;

    async function consume(at: number, own: number): Promise<void> {
      const connection = client.own();
      const timeout = TIMEOUTS[at % TIMEOUTS.length] ?? 0;
      await work<PopRecord>(records, { process, worker: own, isOver }, (sequence) => {
        if (way === 'pop') {
          return [{ f: 'pop', key }, connection.pop(key, timeout).then((result) => ({ result }))];
        }
        const into = movedKey(process, queue, own, sequence);
        return [{ f: 'pop', key, into }, connection.move(key, into, timeout).then((result) => ({ result }))];
      });
      waiting -= 1;
    }

    const own = worker++;
    const connection = client.shared();
    const produce = work<PushRecord>(
      records,
      { process, worker: own, everyMs: PUSH_EVERY_MS, isOver: () => isOver() && waiting === 0 },
      (sequence) => {
        const value = `${own}-${sequence}`;
        return [{ f: 'push', key, value }, connection.append(key, value).then(noAnswer)];
      },
    );
    return [produce, ...Array.from({ length: CONSUMERS }, (_, at) => consume(at, worker++))];
  }

  return { records, done: Promise.all(QUEUES.flatMap(startQueue)) };
}
