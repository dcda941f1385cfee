import { parseArgs } from 'node:util';

const sharings = ['none', 'peers', 'all'] as const;
const topologies = ['sentinel', 'cluster'] as const;

/** Who meets a fault together: nobody, the peers among themselves, or all; in less time on a busier machine. */
export type Sharing = (typeof sharings)[number];

export interface Options<Name extends string = string> {
  readonly bench: Name;
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
  /** ms between two messages, or as many as the bench allows to be in flight. */
  readonly rate?: number | 'full' | undefined;
  /** How the servers of Redis stand to each other, where both can be had. */
  readonly topology: (typeof topologies)[number];
  /** Of the servers, where several can be had. */
  readonly brokerVersion?: string | undefined;
}

export type Asked<Name extends string> =
  { readonly type: 'help' } | { readonly type: 'run'; readonly options: Options<Name> };

/** What was asked for cannot be had: one sentence, with what there is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
}

const known = {
  quick: { type: 'boolean', default: false, value: '', help: 'a first figure; few runs, so not a result' },
  json: { type: 'string', value: ' FILE', help: 'writes every run, settings, versions and the machine' },
  seed: { type: 'string', value: ' N', help: 'the order of runs and all that is random' },
  runs: { type: 'string', value: ' N', help: 'runs, rounds, pairs or faults' },
  only: { type: 'string', value: ' A,B', help: 'contenders or variants by name' },
  faults: { type: 'string', value: ' A,B', help: 'only these faults' },
  share: { type: 'string', value: ` ${sharings.join('|')}`, help: 'who meets a fault together' },
  cap: { type: 'string', value: ' MS', help: 'who is not back so long after a fault is reported as later' },
  rate: {
    type: 'string',
    value: ' MS|full',
    help: 'of recovery-rabbitmq: ms between two messages (5), or full',
  },
  topology: { type: 'string', value: ` ${topologies.join('|')}`, help: 'of the servers of history-redis' },
  version: { type: 'string', value: ' 4.3|4.0|3.10', help: 'of RabbitMQ' },
  help: { type: 'boolean', short: 'h', default: false, value: '', help: 'prints this' },
} as const;

export function usage(benches: readonly string[]): string {
  const options = Object.entries(known).map(
    ([name, { value, help }]) => `  ${`--${name}${value}`.padEnd(28)}${help}`,
  );
  const names = benches.map((name) => `  ${name}`);
  return ['npm run bench -- NAME [options]', '', 'NAME:', ...names, '', 'options:', ...options].join('\n');
}

/** @throws UsageError if there is no such bench or option, or an option does not have its value */
export function parseOptions<Name extends string>(
  args: readonly string[],
  benches: readonly Name[],
): Asked<Name> {
  const { values, positionals } = parsed(args);
  if (values.help) return { type: 'help' };
  const [named, ...more] = positionals;
  const bench = benches.find((name) => name === named);
  if (bench === undefined) {
    const wrong = named === undefined ? 'no bench is named' : `there is no bench ${named}`;
    throw new UsageError(`${wrong}; there are: ${benches.join(', ')}`);
  }
  if (more.length > 0) throw new UsageError(`one bench at a time, not ${positionals.join(' and ')}`);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : whole('--seed', values.seed);
  return {
    type: 'run',
    options: {
      bench,
      isQuick: values.quick,
      sharing: values.quick ? 'all' : oneOf('--share', sharings, values.share ?? 'none'),
      jsonFile: values.json,
      seed,
      runs: values.runs === undefined ? undefined : whole('--runs', values.runs),
      only: values.only?.split(','),
      faults: values.faults?.split(','),
      capMs: values.cap === undefined ? undefined : whole('--cap', values.cap),
      rate: values.rate === undefined || values.rate === 'full' ? values.rate : whole('--rate', values.rate),
      topology: oneOf('--topology', topologies, values.topology ?? 'sentinel'),
      brokerVersion: values.version,
    },
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: known });
  } catch (error) {
    // Behind its first sentence Node explains how to pass what begins with a dash.
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    const names = Object.keys(known).map((name) => `--${name}`);
    throw new UsageError(`${why.replace(/\.$/, '')}; there are: ${names.join(', ')}`, { cause: error });
  }
}

function oneOf<T extends string>(option: string, choices: readonly T[], text: string): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new UsageError(`${option} wants one of ${choices.join(', ')}, not ${text}`);
  return found;
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0)
    throw new UsageError(`${option} wants a whole number, not ${text === '' ? 'nothing' : text}`);
  return value;
}
