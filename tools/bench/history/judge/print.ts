import type { Example, Period } from '@failover/testing';
import { table } from '../../report/table.ts';
import type { Struck } from '../arena/arena.ts';
import type { Judged } from './judge.ts';

export interface Summary {
  readonly contender: string;
  readonly isOurs: boolean;
  /** Connections of the application that were closed under its hands. */
  readonly closed: number;
  /** When its process stood still: on a busy machine nobody knows in time what has happened. */
  readonly stalls: readonly Period[];
  readonly judged: readonly Judged[];
}

const FAULTS = [
  ...['lost by client', 'silently doubled', 'stale', 'reordered', 'unsettled', 'phantom', 'dead'],
  ...['missed while steady', 'missed untold', 'torn', 'lost updates'],
];
/** Of each kind of failure; the rest is in the file. */
const MOST_EXAMPLES = 4;

export function printSummaries(summaries: readonly Summary[], struck: readonly Struck[]): string {
  const shown = FAULTS.filter((name) =>
    summaries.some(({ judged }) => judged.some(({ faults }) => name in faults)),
  );
  const rows = summaries.flatMap(({ contender, judged }) =>
    judged.map(({ load, operations, faults, inFlight, unexplained, isValid }) => [
      contender,
      load,
      String(operations.total),
      ...shown.map((name) => (name in faults ? String(faults[name]?.count) : '-')),
      `${operations.unknown}/${inFlight}`,
      ...[unexplained, operations.refused, operations.error].map(String),
      isValid ? 'valid' : 'INVALID',
    ]),
  );
  const head = ['contender', 'load', 'operations', ...shown, 'unknown/in flight', 'unexplained'];
  return [
    table([...head, 'refused', 'errors', 'verdict'], rows),
    ...summaries.flatMap((summary) => detailsOf(summary, struck)),
  ].join('\n');
}

/** The one line that says what it came to. */
export function verdictOf(
  summaries: readonly Summary[],
  struck: number,
  planned: number,
  failure: string | undefined,
): string {
  const verdicts = summaries.map(({ contender, judged }) => {
    const bad = judged.flatMap(({ load, failures }) => failures.map((each) => `${load}: ${each}`));
    return `${contender} ${bad.length === 0 ? 'valid' : `INVALID (${bad.join('; ')})`}`;
  });
  const end = failure === undefined ? '' : `, ended early: ${failure.split('\n')[0] ?? ''}`;
  return `VERDICT after ${struck} of ${planned} faults${end}: ${verdicts.join(', ')}`;
}

function detailsOf(
  { contender, closed, stalls, judged }: Summary,
  struck: readonly Struck[],
): readonly string[] {
  return [
    `${contender}: ${closed} connections closed, stood still ${stalls.length} times, for ${longest(stalls)} ms at most`,
    ...judged.flatMap(({ load, counts, errors, faults }) =>
      [
        Object.entries(counts)
          .map(([name, count]) => `${count} ${name}`)
          .join(', '),
        ...Object.entries(errors).map(([kind, count]) => `${count} ${kind}`),
        ...Object.entries(faults).flatMap(([name, { count, examples }]) =>
          examples
            .slice(0, MOST_EXAMPLES)
            .map((example) => `${count} ${name.toUpperCase()}: ${exampleText(example, struck, stalls)}`),
        ),
      ].map((line) => `${contender}, ${load}: ${line}`),
    ),
  ];
}

const longest = (stalls: readonly Period[]): number =>
  Math.round(stalls.reduce((most, { from, to }) => Math.max(most, to - from), 0));

function exampleText(
  { key, value = '', what, record }: Example,
  struck: readonly Struck[],
  stalls: readonly Period[],
): string {
  if (record === undefined) return `${key} ${value}: ${what}`;
  const { invokedAt, endedAt, outcome = 'unsettled', error = '' } = record;
  const last = struck.findLast(({ at }) => at <= invokedAt);
  const when =
    last === undefined
      ? 'before any fault'
      : `${Math.round(invokedAt - last.at)} ms after ${last.fault} ${last.what}`;
  const took = endedAt === undefined ? '' : ` after ${Math.round(endedAt - invokedAt)} ms`;
  const still = stalls.filter(({ from, to }) => from <= (endedAt ?? Infinity) && invokedAt <= to);
  const stood = endedAt === undefined || still.length === 0 ? '' : `, ${longest(still)} ms of it still`;
  return `${key} ${value}: ${what}; begun at ${Math.round(invokedAt)}, ${when}; ${outcome}${took}${stood} ${error}`;
}
