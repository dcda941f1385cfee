import { describe, expect, it } from 'vitest';
import { redialAfterMs } from './redial-pace.ts';

const least = (): number => 0;
const most = (): number => 1;

describe('the pace of dialling', () => {
  it('lets a client that is alone dial at once', () => {
    expect(redialAfterMs(0, 1, most)).toBe(0);
  });

  it.each([
    [60, 14.75],
    [1001, 250],
    [100_000, 250],
  ])('spreads the first dials of %i clients over %d ms', (crowd, spreadMs) => {
    expect(redialAfterMs(0, crowd, least)).toBe(0);
    expect(redialAfterMs(0, crowd, most)).toBe(spreadMs);
  });

  it('waits twice as long after each failure, up to a second, and each client half as long or half as long again', () => {
    const between = [1, 2, 3, 6, 7, 30].map((failures) => [
      redialAfterMs(failures, 1, least),
      redialAfterMs(failures, 1, most),
    ]);
    expect(between).toEqual([
      [10, 30],
      [20, 60],
      [40, 120],
      [320, 960],
      [500, 1500],
      [500, 1500],
    ]);
  });
});
