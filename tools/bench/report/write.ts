import { writeFileSync } from 'node:fs';
import { machine, versions } from './machine.ts';

export interface Result {
  readonly bench: string;
  readonly seed: number;
  readonly quick: boolean;
  readonly settings: unknown;
  readonly summaries: unknown;
  readonly runs: readonly unknown[];
  /** Why it ended before its time: what stands here is then only a part. */
  readonly failure?: string;
}

/** JSON has no Infinity: what did not end within the cap is written as the word, so that no reader takes it for 0. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value;
}

export type Frame = ReturnType<typeof frame>;

/** What must be read before the first run: the load of the machine is ours later. */
export function frame(): {
  readonly startedAt: string;
  readonly machine: ReturnType<typeof machine>;
  readonly versions: ReturnType<typeof versions>;
} {
  return { startedAt: new Date().toISOString(), machine: machine(), versions: versions() };
}

export function writeResult(file: string, start: Frame, result: Result): void {
  writeFileSync(file, `${JSON.stringify({ ...start, ...result }, plain, 1)}\n`);
}
