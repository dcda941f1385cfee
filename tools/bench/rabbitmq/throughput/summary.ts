import { bootstrap, type Interval, median, pairedRatios } from '../../report/statistics.ts';
import { table } from '../../report/table.ts';
import type { LatencyRun, SliceRun } from './measure.ts';
import type { MemoryFound } from './memory/measure.ts';
import type { Slice } from './meter/orders.ts';
import { DIRECT, GATEWAY, IN_PROCESS } from './route.ts';

/** What we promise: shares of the direct rate, ms above the direct latency, bytes. */
const RATIO_BARS: Readonly<Record<string, number>> = { [GATEWAY]: 0.9, [IN_PROCESS]: 0.97 };
const LATENCY_BAR_MS = 0.5;
const MEMORY_BAR_BYTES = 40 * 1024;

export interface RateSummary {
  readonly part: string;
  readonly kind: Slice['type'];
  readonly route: string;
  readonly perSecond: number;
  readonly ratio?: Interval | undefined;
  readonly bar?: number | undefined;
  /** Of the process in between, for one message, over all rounds; 0 where there is none. */
  readonly cpuMicros: number;
}

export function summarizeRates(runs: readonly SliceRun[]): readonly RateSummary[] {
  const parts = [...new Set(runs.map(({ part }) => part))];
  return parts.flatMap((part) =>
    (['publish', 'consume'] as const).flatMap((kind) => {
      const own = runs.filter((run) => run.part === part && run.kind === kind);
      const of = (route: string): readonly SliceRun[] =>
        own.filter((run) => run.route === route).sort((a, b) => a.round - b.round);
      const rates = (route: string): readonly number[] => of(route).map(({ perSecond }) => perSecond);
      return [...new Set(own.map(({ route }) => route))].sort().map((route) => ({
        part,
        kind,
        route,
        perSecond: median(rates(route)),
        ratio: route === DIRECT ? undefined : pairedRatios(rates(route), rates(DIRECT)),
        bar: RATIO_BARS[route],
        cpuMicros:
          (sum(of(route).map(({ cpuMs }) => cpuMs)) * 1000) / sum(of(route).map(({ messages }) => messages)),
      }));
    }),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export interface LatencySummary {
  readonly route: string;
  readonly ratePerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly windowP99: number;
  /** ms above direct in the same round. */
  readonly p99Above?: Interval | undefined;
  readonly windowP99Above?: Interval | undefined;
  readonly unconfirmed: number;
  readonly ownDelayP99: number;
}

export function summarizeLatency(runs: readonly LatencyRun[]): readonly LatencySummary[] {
  const of = (route: string): readonly LatencyRun[] =>
    runs.filter((run) => run.route === route).sort((a, b) => a.round - b.round);
  const base = of(DIRECT);
  return [...new Set(runs.map(({ route }) => route))].sort().map((route) => {
    const own = of(route);
    const middle = (field: 'p50' | 'p99' | 'windowP99' | 'ownDelayP99'): number =>
      median(own.map((run) => run[field]));
    const above = (field: 'p99' | 'windowP99'): Interval | undefined =>
      route === DIRECT ? undefined : bootstrap(own.map((run, at) => run[field] - (base[at]?.[field] ?? NaN)));
    return {
      route,
      ratePerSecond: own[0]?.ratePerSecond ?? NaN,
      p50: middle('p50'),
      p99: middle('p99'),
      windowP99: middle('windowP99'),
      p99Above: above('p99'),
      windowP99Above: above('windowP99'),
      unconfirmed: own.reduce((total, run) => total + run.unconfirmed, 0),
      ownDelayP99: middle('ownDelayP99'),
    };
  });
}

const spread = (found: Interval | undefined, digits: number): string =>
  found === undefined
    ? '-'
    : `${found.median.toFixed(digits)} (${found.low.toFixed(digits)} to ${found.high.toFixed(digits)})`;

export function printRates(summaries: readonly RateSummary[]): string {
  const rows = summaries.map(({ part, kind, route, perSecond, ratio, bar, cpuMicros }) => [
    part,
    kind,
    route,
    Math.round(perSecond).toLocaleString('en'),
    spread(ratio, 3),
    bar === undefined || ratio === undefined
      ? '-'
      : `${bar} ${ratio.low >= bar ? 'met' : ratio.high < bar ? 'MISSED' : 'open'}`,
    cpuMicros === 0 ? '-' : cpuMicros.toFixed(1),
  ]);
  return table(['part', 'what', 'route', 'messages/s', '× direct', 'bar', 'proxy CPU µs/message'], rows);
}

export function printLatency(summaries: readonly LatencySummary[]): string {
  const rows = summaries.map((found) => [
    found.route,
    Math.round(found.ratePerSecond).toLocaleString('en'),
    ...[found.p50, found.p99].map((value) => value.toFixed(2)),
    spread(found.p99Above, 2),
    found.windowP99.toFixed(2),
    spread(found.windowP99Above, 2),
    found.route === GATEWAY ? `+${LATENCY_BAR_MS}` : '-',
    String(found.unconfirmed),
    found.ownDelayP99.toFixed(2),
  ]);
  const head = ['route', 'messages/s', 'p50 ms', 'p99 ms', 'above direct', 'p99 of 250 ms', 'above direct'];
  return table([...head, 'bar', 'unconfirmed', "generator's own p99"], rows);
}

export function printMemory({
  connections,
  beforeBytes,
  afterBytes,
  bytesPerConnection,
}: MemoryFound): string {
  const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  return [
    `${connections} idle connections with a channel and a consumer:`,
    `${mib(beforeBytes)} before, ${mib(afterBytes)} after,`,
    `${(bytesPerConnection / 1024).toFixed(1)} KiB each (bar ${MEMORY_BAR_BYTES / 1024})`,
  ].join(' ');
}
