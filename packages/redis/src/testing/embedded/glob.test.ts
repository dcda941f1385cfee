import { describe, expect, it } from 'vitest';
import { matchesGlob } from './glob.ts';

describe('glob', () => {
  it.each([
    ['*', 'anything', true],
    ['news.*', 'news.de', true],
    ['news.*', 'newsXde', false],
    ['h?llo', 'hello', true],
    ['h?llo', 'hllo', false],
    ['h[ae]llo', 'hallo', true],
    ['h[^e]llo', 'hello', false],
    ['h[a-c]llo', 'hbllo', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['+switch-*', '+switch-master', true],
    ['(a|b)', 'a', false],
    ['*', 'two\nlines', true],
  ])('%j on %j is %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });
});
