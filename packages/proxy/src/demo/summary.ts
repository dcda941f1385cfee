import { showMs } from '../duration.ts';
import { exitCode } from '../cli/exit-code.ts';
import type { DemoCounts, DemoVerdict } from './contract.ts';
import type { Outage } from './outage.ts';

export interface PlayedAct {
  readonly name: string;
  readonly outage: Outage;
}

export interface Summary {
  readonly lines: readonly string[];
  readonly code: number;
}

/** What the run came to. The code is 0 only if nothing was lost by us, doubled or otherwise wrong. */
export function summarize(acts: readonly PlayedAct[], counts: DemoCounts, verdict: DemoVerdict): Summary {
  const unfinished = acts.filter(({ outage }) => outage.addedMs === undefined).map(({ name }) => name);
  const failures = [
    ...verdict.failures,
    ...(counts.waiting > 0 ? [`${counts.waiting} operations were never answered`] : []),
    ...unfinished.map((name) => `after the ${name} not every client was served again`),
  ];
  const isGood = verdict.lostByUs === 0 && verdict.doubled === 0 && failures.length === 0;
  const rows: readonly (readonly [string, string])[] = [
    ...acts.flatMap(({ name, outage }): readonly (readonly [string, string])[] => [
      [`${name}: the servers were out for`, shown(outage.serversMs)],
      [`${name}: added by failover`, shown(outage.addedMs)],
    ]),
    ['acknowledged', count(counts.acknowledged)],
    ['lost by us', count(verdict.lostByUs)],
    [
      'lost by the servers',
      verdict.lostByServers === 0 ? '0' : `${count(verdict.lostByServers)}  ${verdict.whyServersLose}`,
    ],
    ['doubled', count(verdict.doubled)],
    ...(verdict.doubledAndTold === undefined
      ? []
      : [['came twice and said so', count(verdict.doubledAndTold)] as const]),
    [
      'unknown',
      `${count(counts.unknown)}${counts.unknown === 0 ? '' : '  each told to its client, none sent twice'}`,
    ],
    ['errors', count(counts.errors + counts.refused)],
    ['client connections closed', count(counts.closed)],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return {
    lines: [
      ...rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`),
      ...failures.map((failure) => `  not as it should be: ${failure}`),
    ],
    code: isGood ? exitCode.ok : exitCode.failed,
  };
}

function shown(ms: number | undefined): string {
  return ms === undefined ? 'until the end' : ms < 1000 ? showMs(ms) : `${(ms / 1000).toFixed(2)} s`;
}

function count(value: number): string {
  return value.toLocaleString('en-GB');
}
