import { describe, expect, test } from 'vitest';
import { matchesTopic } from './topic.ts';

describe('matchesTopic', () => {
  const keys = ['', 'a', 'a.b', 'a.b.c', 'b', '.', 'a.', '.a'];

  // As RabbitMQ 4.0 routes them.
  test.each([
    ['#', keys],
    ['#.#', keys],
    ['a.#', ['a', 'a.b', 'a.b.c', 'a.']],
    ['a.*', ['a.b', 'a.']],
    ['*.b', ['a.b']],
    ['a', ['a']],
    ['#.b.#', ['a.b', 'a.b.c', 'b']],
    ['*', ['a', 'b']],
    ['', ['']],
    ['a.*.c', ['a.b.c']],
  ])('%j takes %j', (pattern, taken) => {
    expect(keys.filter((key) => matchesTopic(pattern, key))).toEqual(taken);
  });
});
