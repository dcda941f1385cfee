import {
  type BackendAct,
  checkHistory,
  checkPubSub,
  checkQueues,
  checkTransactions,
  type Finding,
  type OutcomeCounts,
  type Period,
  type PublishRecord,
  type Recorded,
  type Succession,
} from '@failover/testing';
import type { OwnedSuccession } from '../arena/arena.ts';
import type { Histories } from '../load/loader.ts';
import type { LoadKind } from '../load/orders.ts';
import { type FinalReader, finalQueues, finalTransactions, finalWrites } from './final-state.ts';
import { type Blow, countInFlight, countUnexplained } from './in-flight.ts';

/** ms; what is read from two sockets of one process at one time is not read at once. */
const GAP_TOLERANCE_MS = 100;

/** What happened while they worked, as others saw it. */
export interface Facts {
  readonly successions: readonly OwnedSuccession[];
  readonly steady: readonly Period[];
  readonly blows: readonly Blow[];
  /** Of the servers, by which messages may come late or twice. */
  readonly acts: readonly BackendAct[];
  /** What was published with no client of anybody's between. */
  readonly probes: readonly PublishRecord[];
}

/** What came of one load of one contender. */
export interface Judged {
  readonly load: LoadKind;
  readonly isValid: boolean;
  readonly failures: readonly string[];
  readonly operations: OutcomeCounts;
  readonly inFlight: number;
  /** Ended unknown although nothing happened while they were under way. */
  readonly unexplained: number;
  /** What must not be, by its name. */
  readonly faults: Readonly<Record<string, Finding>>;
  /** What may be, by its name. */
  readonly counts: Readonly<Record<string, number>>;
  /** How often each first word of an error came, with its outcome. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Each load by its own measure. */
export async function judge(
  histories: Histories,
  reader: FinalReader,
  facts: Facts,
): Promise<readonly Judged[]> {
  const { writes, pubSub, subscribers, queues, transactions } = histories;
  const { steady, probes, acts } = facts;
  const successions = (key: string): readonly Succession[] =>
    facts.successions.filter(({ owns }) => owns(key));
  const common = (
    load: LoadKind,
    history: readonly Recorded[],
    { isValid, failures, operations }: Pick<Judged, 'isValid' | 'failures' | 'operations'>,
  ): Omit<Judged, 'faults' | 'counts'> => ({
    ...{ load, isValid, failures, operations },
    inFlight: countInFlight(history, facts.blows),
    unexplained: countUnexplained(history, facts.blows),
    errors: countErrors(history),
  });

  const plain = checkHistory(writes, await finalWrites(reader, writes), { successions });
  const heard = checkPubSub([...pubSub, ...probes], subscribers, {
    steady,
    toleranceMs: GAP_TOLERANCE_MS,
    acts,
  });
  const queued = checkQueues(queues, await finalQueues(reader, queues), { successions, steady });
  const together = checkTransactions(transactions, await finalTransactions(reader, transactions), {
    successions,
  });
  const ofOperations = ({ lost, doubled, stale, reordered, unsettled, phantom }: typeof plain) => ({
    ...{ 'lost by client': lost.byUs, 'silently doubled': doubled.silently, stale, reordered },
    ...{ unsettled, phantom },
  });
  return [
    {
      ...common('writes', writes, plain),
      faults: ofOperations(plain),
      counts: { 'lost by Redis': plain.lost.byBackend.count },
    },
    {
      ...common(
        'pubSub',
        pubSub.filter((record): record is PublishRecord => record.f === 'publish'),
        heard,
      ),
      faults: {
        dead: heard.dead,
        'missed while steady': heard.missedInSteady,
        'missed untold': heard.missedUntold,
        'silently doubled': heard.doubled,
        ...{ reordered: heard.reordered, unsettled: heard.unsettled, phantom: heard.phantom },
      },
      counts: {
        ...{ heard: heard.heard, missed: heard.missed, gaps: heard.gaps },
        'doubled by Redis': heard.doubledByBackend.count,
        'reordered by Redis': heard.reorderedByBackend.count,
      },
    },
    {
      ...common('queues', queues, queued),
      faults: {
        'lost by client': queued.lost.byUs,
        'silently doubled': queued.doubled.silently,
        ...{ reordered: queued.reordered, unsettled: queued.unsettled, phantom: queued.phantom },
        dead: queued.hung,
      },
      counts: {
        'lost by Redis': queued.lost.byBackend.count,
        'taken by an unknown pop': queued.lost.told.count,
        'doubled by Redis': queued.doubled.byBackend.count,
      },
    },
    {
      ...common('transactions', transactions, together),
      faults: { ...ofOperations(together), torn: together.torn, 'lost updates': together.lostUpdates },
      counts: { 'lost by Redis': together.lost.byBackend.count },
    },
  ];
}

function countErrors(history: readonly Recorded[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { error, outcome } of history) {
    if (error === undefined) continue;
    // Which server it was makes no other kind.
    const words = error.replaceAll(/(?:server|epoch)=\S+ |127\.0\.0\.1:\d+/g, '').split(' ');
    const kind = `${String(outcome)}: ${words.slice(0, 6).join(' ')}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
