import { summarize, type Summary } from '../../report/statistics.ts';
import { ms, type Row, table } from '../../report/table.ts';
import { type Fault, FAULTS } from '../cluster/fault.ts';
import type { ErrorKind } from './error-kind.ts';
import { type P99OfRuns, p99OfRuns } from './others.ts';
import type { Finding, RunRecord } from './run.ts';

export interface ShardsSummary {
  readonly contender: string;
  readonly isOurs: boolean;
  readonly isControl: boolean;
  readonly fault: Fault;
  readonly runs: number;
  readonly outage: Summary;
  readonly gap: Summary;
  readonly added: Summary;
  readonly addedSlowest: Summary;
  readonly others: P99OfRuns;
  readonly othersFailed: number;
  readonly kinds: Readonly<Record<ErrorKind, number>>;
  readonly inFlight: number;
  readonly unsettled: number;
  readonly doubled: number;
  readonly lostByClient: number;
  readonly lostByRedis: number;
  /** Undefined where the client does not tell. */
  readonly closed?: number | undefined;
}

/** Disturbed runs do not count. */
export function summarizeShards(findings: readonly Finding[]): readonly ShardsSummary[] {
  const contenders = [...new Set(findings.map(({ record }) => record.contender))].sort();
  return FAULTS.flatMap((fault) =>
    contenders.flatMap((contender) => {
      const own = findings.filter(
        ({ record }) => record.contender === contender && record.fault === fault && !record.isDisturbed,
      );
      return own.length === 0 ? [] : [one(contender, fault, own)];
    }),
  );
}

function one(contender: string, fault: Fault, own: readonly Finding[]): ShardsSummary {
  const records = own.map(({ record }) => record);
  const of = (field: 'outageMs' | 'gapMs' | 'addedMs' | 'addedSlowestMs'): Summary =>
    summarize(records.map((record) => record[field]));
  const sum = (count: (record: RunRecord) => number): number =>
    records.reduce((total, record) => total + count(record), 0);
  const areTold = records.every(({ closed }) => closed !== undefined);
  return {
    contender,
    isOurs: records.every(({ isOurs }) => isOurs),
    isControl: records.every(({ isControl }) => isControl),
    fault,
    runs: own.length,
    outage: of('outageMs'),
    gap: of('gapMs'),
    added: of('addedMs'),
    addedSlowest: of('addedSlowestMs'),
    others: p99OfRuns(own.map(({ latencies }) => latencies)),
    othersFailed: sum((record) => record.othersFailed),
    kinds: {
      unknown: sum(({ kinds }) => kinds.unknown),
      notExecuted: sum(({ kinds }) => kinds.notExecuted),
      other: sum(({ kinds }) => kinds.other),
    },
    inFlight: sum((record) => record.inFlight),
    unsettled: sum((record) => record.unsettled),
    doubled: sum((record) => record.doubled),
    lostByClient: sum((record) => record.lostByClient),
    lostByRedis: sum((record) => record.lostByRedis),
    closed: areTold ? sum(({ closed = 0 }) => closed) : undefined,
  };
}

const TITLES: Readonly<Record<Fault, string>> = {
  kill: "a shard's primary killed",
  hang: "a shard's primary hung (SIGSTOP)",
};

const HEAD = [
  'contender',
  'runs',
  'election',
  'gap',
  'added',
  'slowest worker',
  "others' p99 calm",
  'with fault',
  'ratio',
  "others' errors",
  'unknown/in flight',
  'not executed',
  'other errors',
  'unsettled',
  'closed',
  'doubled',
  'lost by client',
  'by Redis',
];

export function printShards(summaries: readonly ShardsSummary[], capMs: number): string {
  return FAULTS.flatMap((fault) => {
    const rows = summaries.filter((summary) => summary.fault === fault).map((each) => row(each, capMs));
    if (rows.length === 0) return [];
    return [`\n${TITLES[fault]}; ms, added: median / p95 / worst\n${table(HEAD, rows)}`];
  }).join('\n');
}

function row(summary: ShardsSummary, capMs: number): Row {
  const count = (value: number | undefined): string => (value === undefined ? '-' : String(value));
  const three = ({ median, p95, worst }: Summary): string =>
    [median, p95, worst].map((value) => ms(value, capMs)).join(' / ');
  const { others, kinds } = summary;
  const recovery = [ms(summary.gap.median), three(summary.added), three(summary.addedSlowest)];
  const told = [
    `${kinds.unknown}/${summary.inFlight}`,
    ...[kinds.notExecuted, kinds.other, summary.unsettled, summary.closed, summary.doubled].map(count),
    ...[summary.lostByClient, summary.lostByRedis].map(count),
  ];
  const unlessControl = (cells: Row): Row => (summary.isControl ? cells.map(() => '-') : cells);
  return [
    summary.contender,
    String(summary.runs),
    ms(summary.outage.median),
    ...unlessControl(recovery),
    ...[others.calm, others.during].map((value) => exact(value)),
    `${ratio(others.ratio)} (${ratio(others.low)} to ${ratio(others.high)})`,
    count(summary.othersFailed),
    ...unlessControl(told),
  ];
}

/** The bar is a fifth, so tenths of a ms would not do. */
const exact = (value: number): string => (value < 10 ? value.toFixed(2) : ms(value));

export const ratio = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '-');
