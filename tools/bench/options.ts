import { parseArgs } from 'node:util';

/** Who meets a fault together: nobody, the peers among themselves, or all; in less time on a busier machine. */
export type Sharing = 'none' | 'peers' | 'all';

export interface Options {
  readonly bench: string;
  readonly isQuick: boolean;
  readonly jsonFile?: string | undefined;
  readonly seed: number;
  readonly runs?: number | undefined;
  /** Names of contenders or variants, all if absent. */
  readonly only?: readonly string[] | undefined;
  readonly sharing: Sharing;
  readonly faults?: readonly string[] | undefined;
  /** ms after a fault; who is not back by then is reported as later, and not waited for. */
  readonly capMs?: number | undefined;
  /** How the servers of Redis stand to each other, where both can be had. */
  readonly topology: 'sentinel' | 'cluster';
  /** Of the servers, where several can be had. */
  readonly brokerVersion?: string | undefined;
}

/** @throws Error with one sentence if an option is unknown or a number is none */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      share: { type: 'string' },
      json: { type: 'string' },
      seed: { type: 'string' },
      runs: { type: 'string' },
      only: { type: 'string' },
      faults: { type: 'string' },
      cap: { type: 'string' },
      topology: { type: 'string' },
      version: { type: 'string' },
    },
  });
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : whole('--seed', values.seed);
  return {
    bench: positionals[0] ?? '',
    isQuick: values.quick,
    sharing: values.quick ? 'all' : sharing(values.share ?? 'none'),
    jsonFile: values.json,
    seed,
    runs: values.runs === undefined ? undefined : whole('--runs', values.runs),
    only: values.only?.split(','),
    faults: values.faults?.split(','),
    capMs: values.cap === undefined ? undefined : whole('--cap', values.cap),
    topology: topology(values.topology ?? 'sentinel'),
    brokerVersion: values.version,
  };
}

function sharing(text: string): Sharing {
  if (text === 'none' || text === 'peers' || text === 'all') return text;
  throw new Error(`--share wants none, peers or all, not ${text}`);
}

function topology(text: string): 'sentinel' | 'cluster' {
  if (text === 'sentinel' || text === 'cluster') return text;
  throw new Error(`--topology wants sentinel or cluster, not ${text}`);
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${option} wants a whole number, not ${text}`);
  return value;
}
