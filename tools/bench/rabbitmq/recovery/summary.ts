import { summarize, type Summary } from '../../report/statistics.ts';
import { ms, type Row, table } from '../../report/table.ts';
import { type Fault, FAULT_TITLES, FAULTS } from '../cluster/fault.ts';
import type { Gap } from './judge.ts';
import type { RunRecord } from './run.ts';

export interface GapSummary {
  readonly own: Summary;
  readonly broker: Summary;
  readonly beyond: Summary;
}

export interface RecoverySummary {
  readonly contender: string;
  readonly fault: Fault;
  readonly runs: number;
  readonly publish: GapSummary;
  readonly consume: GapSummary;
  readonly confirmed: number;
  readonly lost: number;
  readonly doubledMarked: number;
  readonly doubledSilently: number;
  readonly refused: number;
  readonly unknown: number;
  readonly unsettled: number;
  readonly closed: number;
  readonly crashes: number;
  /** Runs whose queue could not be emptied: their losses may be none. */
  readonly undrained: number;
  readonly switches?: number | undefined;
  readonly resent?: number | undefined;
}

export function summarizeRecovery(records: readonly RunRecord[]): readonly RecoverySummary[] {
  const contenders = [...new Set(records.map((record) => record.contender))].sort();
  return [...FAULTS, 'none' as const].flatMap((fault) =>
    contenders.flatMap((contender) => {
      const own = records.filter((record) => record.contender === contender && record.fault === fault);
      return own.length === 0 ? [] : [one(contender, fault, own)];
    }),
  );
}

function one(contender: string, fault: Fault, own: readonly RunRecord[]): RecoverySummary {
  const gaps = (of: (record: RunRecord) => Gap): GapSummary => ({
    own: summarize(own.map((record) => of(record).own)),
    broker: summarize(own.map((record) => of(record).broker)),
    beyond: summarize(own.map((record) => of(record).beyond)),
  });
  const sum = (count: (record: RunRecord) => number): number =>
    own.reduce((total, record) => total + count(record), 0);
  const tells = own.every((record) => record.told !== undefined);
  return {
    contender,
    fault,
    runs: own.length,
    publish: gaps((record) => record.publish),
    consume: gaps((record) => record.consume),
    confirmed: sum((record) => record.confirmed),
    lost: sum((record) => record.lost),
    doubledMarked: sum((record) => record.doubledMarked),
    doubledSilently: sum((record) => record.doubledSilently),
    refused: sum((record) => record.refused),
    unknown: sum((record) => record.unknown),
    unsettled: sum((record) => record.unsettled),
    closed: sum((record) => record.closings.length),
    crashes: sum((record) => record.crashes.length),
    undrained: sum((record) => Number(!record.isDrained)),
    switches: tells ? sum((record) => record.told?.switches ?? 0) : undefined,
    resent: tells ? sum((record) => record.told?.resent ?? 0) : undefined,
  };
}

const HEAD = [
  'contender',
  'runs',
  'broker publish',
  'publish gap',
  'beyond',
  'broker consume',
  'consume gap',
  'beyond',
  'confirmed',
  'lost',
  'doubled marked',
  'silently',
  'refused',
  'unknown',
  'unsettled',
  'closed',
  'crashes',
  'undrained',
  'switches',
  'resent',
];

export function printRecovery(summaries: readonly RecoverySummary[], capMs: number): string {
  return [...FAULTS, 'none' as const]
    .flatMap((fault) => {
      const rows = summaries
        .filter((summary) => summary.fault === fault)
        .map((summary) => row(summary, capMs));
      if (rows.length === 0) return [];
      return [`\n${FAULT_TITLES[fault]}; ms: median / p95 / worst\n${table(HEAD, rows)}`];
    })
    .join('\n');
}

function row(summary: RecoverySummary, capMs: number): Row {
  const count = (value: number | undefined): string => (value === undefined ? '-' : String(value));
  const three = ({ median, p95, worst }: Summary): string =>
    [median, p95, worst].map((value) => ms(value, capMs)).join(' / ');
  const gaps = ({ own, broker, beyond }: GapSummary): Row => [
    ms(broker.median, capMs),
    three(own),
    three(beyond),
  ];
  return [
    summary.contender,
    String(summary.runs),
    ...gaps(summary.publish),
    ...gaps(summary.consume),
    ...[summary.confirmed, summary.lost, summary.doubledMarked, summary.doubledSilently].map(count),
    ...[summary.refused, summary.unknown, summary.unsettled, summary.closed, summary.crashes].map(count),
    ...[summary.undrained, summary.switches, summary.resent].map(count),
  ];
}
