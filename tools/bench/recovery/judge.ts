import type { OperationRecord } from '../load/operation.ts';
import { firstMasterAfter, type ProbeLog } from '../prober/sighting.ts';
import type { Fault } from '../cluster/fault.ts';

/** ms; the prober's interval and a round trip: nothing smaller can be told apart. */
export const RESOLUTION_MS = 20;
/** ms; acknowledgements of the old primary later than this after its successor's first ROLE master are harm. */
const STALE_AFTER_MS = 100;
/** ms; by then a client can know: a killed server closes its sockets, a hung one is only silent. */
const NOTICE_MS: Readonly<Record<Fault, number>> = { kill: 20, hang: 1000, sentinelFailover: 20, none: 0 };

export interface RunFacts {
  readonly fault: Fault;
  readonly faultAt: number;
  readonly oldPort: number;
  readonly newPort: number;
  readonly log: ProbeLog;
  /** The prober's values that the healed cluster still has. */
  readonly survivingProbes: ReadonlySet<string>;
}

/**
 * Who took over: the server of the first write that survived. It need not be the primary at the end of the healing:
 * with `down-after 1000` a Sentinel pings as seldom as it has patience, and one time in four it takes the fresh
 * primary for dead a second after the switch and elects the third server.
 */
export function successorOf(facts: Omit<RunFacts, 'newPort'>): number | undefined {
  const later = facts.log.sightings.filter(
    (sighting) => sighting.at > facts.faultAt && sighting.port !== facts.oldPort,
  );
  const wrote = later.find(
    (sighting) => sighting.type === 'wrote' && facts.survivingProbes.has(sighting.value),
  );
  return (wrote ?? later.find((sighting) => sighting.type === 'role' && sighting.role === 'master'))?.port;
}

/**
 * Whether the servers switched twice while the clients were watched. Such a run says nothing about a client: it is
 * kept in the records, left out of the figures and run again.
 */
export function isDisturbed(facts: RunFacts): boolean {
  return facts.log.sightings.some(
    (sighting) =>
      sighting.type === 'role' &&
      sighting.role === 'master' &&
      sighting.at > facts.faultAt &&
      sighting.port !== facts.newPort &&
      sighting.port !== facts.oldPort,
  );
}

export interface LoadFacts {
  readonly workers: number;
  readonly records: readonly OperationRecord[];
  /** The load's values that the healed cluster has, as often as it has them. */
  readonly finalValues: readonly string[];
}

export interface Judgement {
  /** ms from the fault to service restored, by the prober alone. */
  readonly outageMs: number;
  /** ms from service restored to the first acknowledgement: of the fastest and of the slowest worker. */
  readonly addedFastestMs: number;
  readonly addedSlowestMs: number;
  readonly acked: number;
  readonly unknown: number;
  readonly refused: number;
  readonly unsettled: number;
  /** Under way when the fault came, or handed over before a client could know of it. */
  readonly inFlight: number;
  /** Acknowledged by the then-primary before its successor was one, and gone: replication is asynchronous. */
  readonly lostByRedis: number;
  /** Acknowledged later and gone: the client went on with a primary that was none. */
  readonly lostByClient: number;
  /** Of these, more than 100 ms after the successor's first ROLE master. */
  readonly staleAcks: number;
  readonly doubled: number;
  readonly longestHeldMs: number;
}

/** When the servers served again: the end of the prober's first write that is still there at the end. */
export function servedAgainAt(facts: RunFacts): number {
  const roleAt = firstMasterAfter(facts.log.sightings, facts.newPort, facts.faultAt);
  if (facts.fault === 'sentinelFailover') return roleAt ?? NaN;
  const write = facts.log.sightings.find(
    (sighting) =>
      sighting.type === 'wrote' &&
      sighting.port === facts.newPort &&
      sighting.startedAt >= facts.faultAt &&
      facts.survivingProbes.has(sighting.value),
  );
  return write?.at ?? NaN;
}

/**
 * The first acknowledgement of a worker by the new primary. The wire does not say who acknowledged; but what the
 * old primary acknowledges after its successor took over is gone at the end, so whatever a worker got before its
 * last such loss is not yet recovery.
 */
function recoveredAt(
  acks: readonly OperationRecord[],
  survives: ReadonlySet<string>,
  fromMs: number,
): number {
  const later = acks.filter((ack) => ack.endedAt >= fromMs);
  const lastLost = later.findLastIndex((ack) => !survives.has(ack.value));
  return later[lastLost + 1]?.endedAt ?? Infinity;
}

export function judge(facts: RunFacts, load: LoadFacts): Judgement {
  const survives = new Set(load.finalValues);
  const served = servedAgainAt(facts);
  const roleAt = firstMasterAfter(facts.log.sightings, facts.newPort, facts.faultAt) ?? served;
  const acks = load.records.filter((record) => record.outcome === 'ok').sort((a, b) => a.endedAt - b.endedAt);
  // A dead primary acknowledges nothing, but one that is being replaced does so to the last moment: there, what comes
  // before its successor was seen counts for nothing, though it may be the successor's.
  const fromMs = facts.fault === 'sentinelFailover' ? roleAt : roleAt - RESOLUTION_MS;
  const recovered = Array.from({ length: load.workers }, (_, worker) =>
    recoveredAt(
      acks.filter((ack) => ack.worker === worker),
      survives,
      fromMs,
    ),
  );
  const lost = acks.filter((ack) => !survives.has(ack.value));
  const noticedAt = facts.faultAt + NOTICE_MS[facts.fault];
  const count = (outcome: OperationRecord['outcome']): number =>
    load.records.filter((record) => record.outcome === outcome).length;
  return {
    outageMs: served - facts.faultAt,
    addedFastestMs: Math.min(...recovered) - served,
    addedSlowestMs: Math.max(...recovered) - served,
    acked: acks.length,
    unknown: count('unknown'),
    refused: count('refused'),
    unsettled: count('unsettled'),
    inFlight: load.records.filter(
      (record) => record.invokedAt <= noticedAt && record.endedAt >= facts.faultAt && !isQuickOk(record),
    ).length,
    lostByRedis: lost.filter((ack) => ack.endedAt < roleAt).length,
    lostByClient: lost.filter((ack) => ack.endedAt >= roleAt).length,
    staleAcks: lost.filter((ack) => ack.endedAt > roleAt + STALE_AFTER_MS).length,
    doubled: load.finalValues.length - survives.size,
    longestHeldMs: acks.reduce((longest, ack) => Math.max(longest, ack.endedAt - ack.scheduledAt), 0),
  };
}

/** What was acknowledged at once was not caught by the fault. */
function isQuickOk(record: OperationRecord): boolean {
  return record.outcome === 'ok' && record.endedAt - record.invokedAt < RESOLUTION_MS;
}
