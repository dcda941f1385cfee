import { ConfigError, type ConfigIssue } from '@failover/core';
import { dotted, rawValue, type ConfigSource, type FieldPath } from './source.ts';

/** One thing that is wrong, where it stands, and what to write instead. */
export interface ConfigProblem extends ConfigIssue {
  readonly file: string;
  readonly line: number | undefined;
}

/** Everything that is wrong with a config, at once. */
export class ConfigFileError extends ConfigError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], options?: { readonly cause?: unknown }) {
    super(problems, options);
    this.problems = problems;
    this.message = problems.map(showProblem).join('\n');
  }
}

/** `value` is shown as it was written; what may be a secret is not shown at all. */
export function problemAt(
  source: ConfigSource,
  path: FieldPath,
  text: { readonly problem: string; readonly fix: string; readonly value?: unknown },
): ConfigProblem {
  const written = rawValue(source.data, path);
  return {
    file: source.name,
    line: source.lineOf(path),
    field: source.labelOf(path) || dotted(path),
    value: shownValue(path, written, text.value),
    problem: text.problem,
    fix: text.fix,
  };
}

export function showProblem(problem: ConfigProblem): string {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
  const field = problem.field === '' ? '' : ` ${problem.field}:`;
  const value = problem.value === undefined ? '' : ` (got ${shorten(JSON.stringify(problem.value))})`;
  return `${place}:${field} ${problem.problem}${value}\n    ${problem.fix}`;
}

const secretField = /(pass(word|phrase)?|secret|token|credential)s?$/i;

function shownValue(path: FieldPath, written: unknown, given: unknown): unknown {
  // A reference is shown instead of what stands behind it.
  if (typeof written === 'string' && written.includes('${env:')) return written;
  const value = given ?? written;
  if (typeof value === 'object' && value !== null) return undefined;
  const isSecret = path.some((key) => typeof key === 'string' && secretField.test(key));
  return isSecret && value !== undefined ? '***' : value;
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
