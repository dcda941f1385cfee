import { parseArgs } from 'node:util';

export interface Options {
  readonly bench: string;
  readonly isQuick: boolean;
  readonly jsonFile?: string | undefined;
  readonly seed: number;
  readonly runs?: number | undefined;
  /** Names of contenders or variants, all if absent. */
  readonly only?: readonly string[] | undefined;
  /** All contenders share each fault: a sixth of the time, and a busier machine. */
  readonly isTogether: boolean;
  readonly faults?: readonly string[] | undefined;
}

/** @throws Error with one sentence if an option is unknown or a number is none */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      together: { type: 'boolean', default: false },
      json: { type: 'string' },
      seed: { type: 'string' },
      runs: { type: 'string' },
      only: { type: 'string' },
      faults: { type: 'string' },
    },
  });
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : whole('--seed', values.seed);
  return {
    bench: positionals[0] ?? '',
    isQuick: values.quick,
    isTogether: values.together || values.quick,
    jsonFile: values.json,
    seed,
    runs: values.runs === undefined ? undefined : whole('--runs', values.runs),
    only: values.only?.split(','),
    faults: values.faults?.split(','),
  };
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${option} wants a whole number, not ${text}`);
  return value;
}
