import type { OpenLoopResult } from '../openloop/orders.ts';
import { bootstrap, type Interval, median, pairedRatios } from '../report/statistics.ts';
import { ms, table } from '../report/table.ts';
import type { ThroughputRun } from './measure.ts';
import { DIRECT, HAPROXY } from './variants.ts';

export interface ThroughputSummary {
  readonly scenario: string;
  readonly command: 'SET' | 'GET';
  readonly variant: string;
  /** Median requests a second. */
  readonly rate: number;
  readonly ratioToDirect?: Interval | undefined;
  readonly ratioToHaproxy?: Interval | undefined;
  readonly cpuMicrosPerOperation: number;
}

export function summarizeThroughput(runs: readonly ThroughputRun[]): readonly ThroughputSummary[] {
  const scenarios = [...new Set(runs.map((run) => run.scenario))];
  const variants = [...new Set(runs.map((run) => run.variant))].sort();
  return scenarios.flatMap((scenario) =>
    (['SET', 'GET'] as const).flatMap((command) => {
      const ratesOf = (variant: string): readonly number[] =>
        own(runs, scenario, variant).map((run) => run[command]);
      const ratio = (variant: string, base: string): Interval | undefined =>
        variant === base || ratesOf(base).length === 0
          ? undefined
          : pairedRatios(ratesOf(variant), ratesOf(base));
      return variants.map((variant) => ({
        scenario,
        command,
        variant,
        rate: median(ratesOf(variant)),
        ratioToDirect: ratio(variant, DIRECT),
        ratioToHaproxy: variant === DIRECT ? undefined : ratio(variant, HAPROXY),
        cpuMicrosPerOperation: median(own(runs, scenario, variant).map((run) => run.cpuMicrosPerOperation)),
      }));
    }),
  );
}

/** In order of rounds, so that the runs of one round stand in pairs. */
function own(runs: readonly ThroughputRun[], scenario: string, variant: string): readonly ThroughputRun[] {
  return runs
    .filter((run) => run.scenario === scenario && run.variant === variant)
    .sort((a, b) => a.round - b.round);
}

function interval(found: Interval | undefined): string {
  return found === undefined
    ? '-'
    : `${found.median.toFixed(2)} (${found.low.toFixed(2)} to ${found.high.toFixed(2)})`;
}

export function printThroughput(summaries: readonly ThroughputSummary[]): string {
  const rows = summaries.map((summary) => [
    summary.scenario,
    summary.command,
    summary.variant,
    Math.round(summary.rate).toLocaleString('en'),
    interval(summary.ratioToDirect),
    interval(summary.ratioToHaproxy),
    summary.cpuMicrosPerOperation === 0 ? '-' : summary.cpuMicrosPerOperation.toFixed(1),
  ]);
  return table(
    ['scenario', 'command', 'variant', 'requests/s', '× no proxy', '× HAProxy', 'proxy CPU µs/op'],
    rows,
  );
}

export interface LatencyRun extends OpenLoopResult {
  readonly round: number;
  readonly variant: string;
}

export interface LatencySummary {
  readonly variant: string;
  readonly ratePerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly windowP99: number;
  /** ms above no proxy in the same round, with its interval. */
  readonly p99Above?: Interval | undefined;
  readonly windowP99Above?: Interval | undefined;
  readonly unanswered: number;
  readonly ownDelayP99: number;
}

export function summarizeLatency(runs: readonly LatencyRun[]): readonly LatencySummary[] {
  const of = (variant: string): readonly LatencyRun[] =>
    runs.filter((run) => run.variant === variant).sort((a, b) => a.round - b.round);
  const base = of(DIRECT);
  return [...new Set(runs.map((run) => run.variant))].sort().map((variant) => {
    const all = of(variant);
    const middle = (field: 'p50' | 'p99' | 'p999' | 'windowP99' | 'ownDelayP99'): number =>
      median(all.map((run) => run[field]));
    const above = (field: 'p99' | 'windowP99'): Interval | undefined =>
      variant === DIRECT
        ? undefined
        : bootstrap(all.map((run, index) => run[field] - (base[index]?.[field] ?? NaN)));
    return {
      variant,
      ratePerSecond: all[0]?.ratePerSecond ?? NaN,
      p50: middle('p50'),
      p99: middle('p99'),
      p999: middle('p999'),
      windowP99: middle('windowP99'),
      p99Above: above('p99'),
      windowP99Above: above('windowP99'),
      unanswered: all.reduce((total, run) => total + run.unanswered, 0),
      ownDelayP99: middle('ownDelayP99'),
    };
  });
}

export function printLatency(summaries: readonly LatencySummary[]): string {
  const rows = summaries.map((summary) => [
    summary.variant,
    Math.round(summary.ratePerSecond).toLocaleString('en'),
    ...[summary.p50, summary.p99, summary.p999].map((value) => value.toFixed(2)),
    interval(summary.p99Above),
    summary.windowP99.toFixed(2),
    interval(summary.windowP99Above),
    String(summary.unanswered),
    ms(summary.ownDelayP99),
  ]);
  return table(
    [
      'variant',
      'operations/s',
      'p50 ms',
      'p99 ms',
      'p99.9 ms',
      'above no proxy',
      'p99 of 250 ms',
      'above no proxy',
      'unanswered',
      "generator's own p99",
    ],
    rows,
  );
}
