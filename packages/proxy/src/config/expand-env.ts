import { problemAt, type ConfigProblem } from './problem.ts';
import type { ConfigSource, FieldPath } from './source.ts';

const reference = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g;

export interface Expanded {
  readonly data: unknown;
  readonly problems: readonly ConfigProblem[];
}

/** Puts the environment's values in for `${env:NAME}`, so that a file can be shared without its secrets. */
export function expandEnv(source: ConfigSource, env: Readonly<Record<string, string | undefined>>): Expanded {
  const problems: ConfigProblem[] = [];

  function expand(value: unknown, path: FieldPath): unknown {
    if (typeof value === 'string') {
      return value.replace(reference, (_match, name: string) => {
        const found = env[name];
        if (found !== undefined) return found;
        problems.push(
          problemAt(source, path, {
            problem: `the environment has no variable ${name}`,
            fix: `Set ${name} before the start, or write the value here.`,
          }),
        );
        return '';
      });
    }
    if (Array.isArray(value)) return value.map((item, at) => expand(item, [...path, at]));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, expand(item, [...path, key])]),
      );
    }
    return value;
  }

  return { data: expand(source.data, []), problems };
}
