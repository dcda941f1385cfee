import type { ConfigIssue } from '../errors.ts';

/** What a schema library says of one field. Zod's issues are such. */
export interface SchemaIssue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly expected?: string;
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
}

/** One issue of a schema in our words: field, value, problem, fix. Secrets are never repeated. */
export function configIssues(issue: SchemaIssue, input: unknown): readonly ConfigIssue[] {
  const field = issue.path.map(String).join('.');
  const value = redacted(field, issue.path.reduce<unknown>(fieldOf, input));
  switch (issue.code) {
    case 'unrecognized_keys':
      return (issue.keys ?? []).map((key) => ({
        field: field === '' ? key : `${field}.${key}`,
        value: redacted(key, fieldOf(issue.path.reduce<unknown>(fieldOf, input), key)),
        problem: 'is not known',
        fix: 'remove it, or check its spelling',
      }));
    case 'invalid_type':
      return [
        {
          field,
          value,
          problem: `is not of type ${String(issue.expected)}`,
          fix: `write a value of type ${String(issue.expected)}`,
        },
      ];
    case 'invalid_value':
      return [
        {
          field,
          value,
          problem: 'is not one of the choices',
          fix: `write ${(issue.values ?? []).join(' or ')}`,
        },
      ];
    case 'too_small':
      return [{ field, value, problem: 'is too small', fix: `the least is ${String(issue.minimum)}` }];
    case 'too_big':
      return [{ field, value, problem: 'is too big', fix: `the most is ${String(issue.maximum)}` }];
    case 'invalid_union':
      return [
        { field, value, problem: 'is not an address', fix: 'write host:port, for example 127.0.0.1:6379' },
      ];
    case 'invalid_format':
      return [
        { field, value, problem: 'has characters that do not belong', fix: 'use letters, digits and . _ -' },
      ];
    default:
      return [{ field, value, problem: issue.message, fix: 'see the documentation of this field' }];
  }
}

function fieldOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function redacted(field: string, value: unknown): unknown {
  if (value === undefined || /(password|secret)$/i.test(field))
    return value === undefined ? undefined : '(secret)';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  // A whole section may hold a secret somewhere: tell only what kind of thing it is.
  return '(object)';
}
