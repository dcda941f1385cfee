import type { z } from 'zod';
import { nearest } from '../nearest.ts';
import { problemAt, type ConfigProblem } from './problem.ts';
import { fixes } from './schema.ts';
import { rawValue, type ConfigSource, type FieldPath } from './source.ts';

/** The schema library's complaint as a sentence about one field, with the cure. */
export function explain(source: ConfigSource, issue: z.core.$ZodIssue): readonly ConfigProblem[] {
  const path = issue.path.filter((key) => typeof key !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path);
    return issue.keys.map((key) => {
      const meant = nearest(key, known);
      return problemAt(source, [...path, key], {
        problem: 'is not known',
        fix: meant === undefined ? `Remove it; known here: ${known.join(', ')}.` : `Did you mean "${meant}"?`,
      });
    });
  }
  return [problemAt(source, path, { problem: sentence(source, issue, path), fix: fixFor(path) })];
}

export function fixFor(path: FieldPath): string {
  const keys = path.map(String);
  const key = Object.keys(fixes).find((pattern) => matches(pattern, keys));
  return key === undefined ? (fixes[''] ?? '') : (fixes[key] ?? '');
}

function sentence(source: ConfigSource, issue: z.core.$ZodIssue, path: FieldPath): string {
  switch (issue.code) {
    case 'custom':
      return issue.message;
    case 'invalid_type':
      return rawValue(source.data, path) === undefined
        ? 'is missing'
        : `must be ${withArticle(issue.expected)}`;
    case 'invalid_value':
      return rawValue(source.data, path) === undefined
        ? 'is missing'
        : 'is not one of the words allowed here';
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int' ? 'is too small' : 'is empty';
    case 'too_big':
      return 'is too big';
    case 'invalid_key':
      return 'is no name';
    default:
      return issue.message;
  }
}

function withArticle(kind: string): string {
  const word = { object: 'mapping', record: 'mapping', array: 'list', string: 'text', int: 'whole number' }[
    kind
  ];
  if (word === 'text') return word;
  return `a ${word ?? kind}`;
}

function knownKeys(path: FieldPath): readonly string[] {
  const depth = path.length;
  return Object.keys(fixes)
    .filter((pattern) => pattern !== '')
    .map((pattern) => pattern.split('.'))
    .filter((keys) => keys.length > depth && matches(keys.slice(0, depth).join('.'), path.map(String)))
    .map((keys) => keys[depth] ?? '')
    .filter((key, at, all) => key !== '*' && all.indexOf(key) === at);
}

function matches(pattern: string, keys: readonly string[]): boolean {
  const parts = pattern === '' ? [] : pattern.split('.');
  return parts.length === keys.length && parts.every((part, at) => part === '*' || part === keys[at]);
}
