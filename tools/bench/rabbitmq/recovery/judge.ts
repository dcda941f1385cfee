import type { Delivery, LoadLog } from '../load/orders.ts';
import { longestSilence } from '../../recovery/silence.ts';
import { countErrors } from '../../report/count-errors.ts';
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

type Served = Pick<Delivery, 'publishedAt' | 'at'>;

function gap(facts: RunFacts, own: readonly Served[], broker: readonly Served[]): Gap {
  const { faultAt, endAt } = facts;
  const measure = (served: readonly Served[]): number =>
    isOutage(facts.fault)
      ? firstAfter(facts, served)
      : longestSilence(
          served.map(({ at }) => at),
          faultAt,
          endAt,
        );
  const [ownMs, brokerMs] = [measure(own), measure(broker)];
  const beyondRaw = ownMs - brokerMs;
  // A prober that never saw service says nothing about the contender.
  const beyond = Number.isNaN(beyondRaw) ? NaN : Math.max(0, beyondRaw);
  return { own: ownMs, broker: brokerMs, beyond, beyondRaw };
}

/** ms from the fault until something that was published after it was served. */
export function firstAfter({ faultAt, endAt }: RunFacts, served: readonly Served[]): number {
  let first = Infinity;
  for (const { publishedAt, at } of served)
    if (publishedAt > faultAt && at <= endAt) first = Math.min(first, at);
  return first - faultAt;
}
