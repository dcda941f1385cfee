import type { Delivery, LoadLog, Publication } from '../load/orders.ts';
import type { QueueLog } from '../prober/orders.ts';
import { isOutage, type Fault } from '../cluster/fault.ts';
import { matchDeliveries } from '../ledger.ts';

export interface RunFacts {
  readonly fault: Fault;
  readonly faultAt: number;
  /** The last moment at which anybody was watched. */
  readonly endAt: number;
}

/** ms of one direction of the service. */
export interface Gap {
  /** From the fault, as the contender's own user sees it. */
  readonly own: number;
  /** The same for the prober: what the broker itself takes. */
  readonly broker: number;
  /** What the contender adds; a negative difference is noise, and 0 here. */
  readonly beyond: number;
  readonly beyondRaw: number;
}

export interface Judgement {
  readonly publish: Gap;
  readonly consume: Gap;
  readonly published: number;
  readonly confirmed: number;
  /** Confirmed, and in no ledger at the end. */
  readonly lost: number;
  /** Delivered again, with the broker's flag or our mark; and without any. */
  readonly doubledMarked: number;
  readonly doubledSilently: number;
  readonly refused: number;
  readonly unknown: number;
  readonly unsettled: number;
  /** Connections and channels of the application that were closed under its hands, and why. */
  readonly closings: readonly string[];
  /** How often each error of a publish came, with its outcome. */
  readonly errors: Readonly<Record<string, number>>;
  readonly crashes: readonly string[];
}

export function judge(facts: RunFacts, load: LoadLog, probe: QueueLog): Judgement {
  const confirms = load.publications.flatMap(({ at, endedAt, outcome }) =>
    outcome === 'ok' && endedAt !== undefined ? [{ publishedAt: at, at: endedAt }] : [],
  );
  const count = (outcome: string): number =>
    load.publications.filter((publication) => publication.outcome === outcome).length;
  const confirmedIds = load.publications.flatMap(({ outcome }, id) => (outcome === 'ok' ? [String(id)] : []));
  const ledger = [...load.deliveries, ...probe.deliveries].filter(({ by }) => by === 'load');
  return {
    publish: gap(facts, confirms, probe.confirms),
    consume: gap(facts, load.deliveries, probe.deliveries),
    published: load.publications.length,
    confirmed: confirmedIds.length,
    ...matchDeliveries(confirmedIds, ledger),
    refused: count('refused'),
    unknown: count('unknown'),
    unsettled: count('unsettled'),
    closings: load.closings,
    errors: countErrors(load.publications),
    crashes: load.crashes,
  };
}

export function countErrors(publications: readonly Publication[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { outcome, error } of publications) {
    if (error === undefined) continue;
    const kind = `${outcome}: ${error}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

type Served = Pick<Delivery, 'publishedAt' | 'at'>;

function gap(facts: RunFacts, own: readonly Served[], broker: readonly Served[]): Gap {
  const measure = isOutage(facts.fault) ? firstAfter : longestSilence;
  const [ownMs, brokerMs] = [measure(facts, own), measure(facts, broker)];
  const beyondRaw = ownMs - brokerMs;
  // A prober that never saw service says nothing about the contender.
  const beyond = Number.isNaN(beyondRaw) ? NaN : Math.max(0, beyondRaw);
  return { own: ownMs, broker: brokerMs, beyond, beyondRaw };
}

/** ms from the fault until something that was published after it was served. */
export function firstAfter({ faultAt, endAt }: RunFacts, served: readonly Served[]): number {
  const times = served
    .filter(({ publishedAt, at }) => publishedAt > faultAt && at <= endAt)
    .map(({ at }) => at);
  return times.length === 0 ? Infinity : Math.min(...times) - faultAt;
}

/** ms; the longest time without anything served, from just before the fault until the end. */
export function longestSilence({ faultAt, endAt }: RunFacts, served: readonly Served[]): number {
  const times = served.map(({ at }) => at).sort((a, b) => a - b);
  const before = times.findLast((at) => at <= faultAt) ?? faultAt;
  const during = times.filter((at) => at > faultAt && at <= endAt);
  if (during.length === 0) return Infinity;
  let longest = 0;
  let last = before;
  for (const at of [...during, endAt]) {
    longest = Math.max(longest, at - last);
    last = at;
  }
  return longest;
}
