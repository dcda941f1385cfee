import type { ConfigIssue } from '@failover/core';
import type { z } from 'zod';

/** One issue of zod in our words: field, value, problem, fix. Secrets are never repeated. */
export function toIssue(issue: z.core.$ZodIssue, input: unknown): readonly ConfigIssue[] {
  const field = issue.path.join('.');
  const value = redacted(field, issue.path.reduce<unknown>(fieldOf, input));
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
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
          problem: `is not of type ${issue.expected}`,
          fix: `write a value of type ${issue.expected}`,
        },
      ];
    case 'invalid_value':
      return [
        { field, value, problem: 'is not one of the choices', fix: `write ${issue.values.join(' or ')}` },
      ];
    case 'too_small':
      return [{ field, value, problem: 'is too small', fix: `the least is ${issue.minimum}` }];
    case 'too_big':
      return [{ field, value, problem: 'is too big', fix: `the most is ${issue.maximum}` }];
    case 'invalid_union':
      return [
        { field, value, problem: 'is not an address', fix: 'write host:port, for example 127.0.0.1:26379' },
      ];
    case 'invalid_format':
      return [
        { field, value, problem: 'has characters that do not belong', fix: 'use letters, digits and . _ -' },
      ];
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return [{ field, value, problem: issue.message, fix: 'see the documentation of this field' }];
  }
}

function fieldOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function redacted(field: string, value: unknown): unknown {
  if (value === undefined || /password$/i.test(field)) return value === undefined ? undefined : '(secret)';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  // A whole section may hold a secret somewhere: tell only what kind of thing it is.
  return '(object)';
}
