import { type Fault, FAULTS } from '../cluster/fault.ts';
import { summarize, type Summary } from '../report/statistics.ts';
import { ms, type Row, table } from '../report/table.ts';
import type { RunRecord } from './run.ts';

export interface RecoverySummary {
  readonly contender: string;
  readonly fault: Fault;
  readonly runs: number;
  readonly outage: Summary;
  readonly addedFastest: Summary;
  readonly addedSlowest: Summary;
  readonly longestHeld: Summary;
  readonly unknown: number;
  readonly inFlight: number;
  /** Runs in which more ended unknown than was in flight. */
  readonly runsOverInFlight: number;
  readonly refused: number;
  readonly unsettled: number;
  readonly doubled: number;
  readonly staleAcks: number;
  readonly lostByClient: number;
  readonly lostByRedis: number;
  readonly switches?: number | undefined;
  readonly holds?: number | undefined;
}

export function summarizeRecovery(records: readonly RunRecord[]): readonly RecoverySummary[] {
  const contenders = [...new Set(records.map((record) => record.contender))].sort();
  return [...FAULTS, 'none' as const].flatMap((fault) =>
    contenders.flatMap((contender) => {
      const own = records.filter(
        (record) => record.contender === contender && record.fault === fault && !record.isDisturbed,
      );
      return own.length === 0 ? [] : [one(contender, fault, own)];
    }),
  );
}

function one(contender: string, fault: Fault, own: readonly RunRecord[]): RecoverySummary {
  const of = (field: 'outageMs' | 'addedFastestMs' | 'addedSlowestMs' | 'longestHeldMs'): Summary =>
    summarize(own.map((record) => record[field]));
  const sum = (count: (record: RunRecord) => number): number =>
    own.reduce((total, record) => total + count(record), 0);
  const tells = own.every((record) => record.switches !== undefined);
  return {
    contender,
    fault,
    runs: own.length,
    outage: of('outageMs'),
    addedFastest: of('addedFastestMs'),
    addedSlowest: of('addedSlowestMs'),
    longestHeld: of('longestHeldMs'),
    unknown: sum((record) => record.unknown),
    inFlight: sum((record) => record.inFlight),
    runsOverInFlight: sum((record) => Number(record.unknown > record.inFlight)),
    refused: sum((record) => record.refused),
    unsettled: sum((record) => record.unsettled),
    doubled: sum((record) => record.doubled),
    staleAcks: sum((record) => record.staleAcks),
    lostByClient: sum((record) => record.lostByClient),
    lostByRedis: sum((record) => record.lostByRedis),
    switches: tells ? sum((record) => record.switches ?? 0) : undefined,
    holds: tells ? sum((record) => record.holds ?? 0) : undefined,
  };
}

const TITLES: Readonly<Record<Fault, string>> = {
  kill: 'primary killed',
  hang: 'primary hung (SIGSTOP)',
  sentinelFailover: 'SENTINEL FAILOVER (counted from the first ROLE master of the new primary)',
  none: 'no fault, equally long',
};

const HEAD = [
  'contender',
  'runs',
  'outage',
  'first worker',
  'slowest worker',
  'unknown/in flight',
  'refused',
  'unsettled',
  'doubled',
  'stale acks',
  'lost by client',
  'by Redis',
  'switches',
  'holds',
];

export function printRecovery(
  summaries: readonly RecoverySummary[],
  capOf: (fault: Fault) => number,
): string {
  return [...FAULTS, 'none' as const]
    .flatMap((fault) => {
      const rows = summaries
        .filter((summary) => summary.fault === fault)
        .map((summary) => row(summary, capOf(fault)));
      if (rows.length === 0) return [];
      return [`\n${TITLES[fault]}; added ms: median / p95 / worst\n${table(HEAD, rows)}`];
    })
    .join('\n');
}

function row(summary: RecoverySummary, capMs: number): Row {
  const count = (value: number | undefined): string => (value === undefined ? '-' : String(value));
  const added = ({ median, p95, worst }: Summary): string =>
    summary.fault === 'none' ? '-' : [median, p95, worst].map((value) => ms(value, capMs)).join(' / ');
  return [
    summary.contender,
    String(summary.runs),
    summary.fault === 'none' ? '-' : ms(summary.outage.median),
    added(summary.addedFastest),
    added(summary.addedSlowest),
    `${String(summary.unknown)}/${String(summary.inFlight)}`,
    ...[summary.refused, summary.unsettled, summary.doubled, summary.staleAcks].map(count),
    ...[summary.lostByClient, summary.lostByRedis, summary.switches, summary.holds].map(count),
  ];
}
