import { expect, it } from 'vitest';
import { durationMs, showMs } from './duration.ts';

it('reads a duration only with its unit', () => {
  expect(['250ms', '1.5s', '2m', '1h'].map(durationMs)).toEqual([250, 1500, 120_000, 3_600_000]);
  expect(['60', '', '5 s', '-1s', '1d', 's'].map(durationMs)).toEqual(Array(6).fill(undefined));
});

it('shows a duration in the unit that people would choose', () => {
  expect([3.4, 1234, 90_000].map(showMs)).toEqual(['3 ms', '1.2 s', '1.5 min']);
});
