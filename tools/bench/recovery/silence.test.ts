import { describe, expect, it } from 'vitest';
import { longestSilence } from './silence.ts';

describe('the longest silence', () => {
  it('may begin before the fault', () => {
    expect(longestSilence([1400, 990, 1300, 4950], 1000, 1500)).toBe(310);
  });

  it('counts until the end if nothing more came', () => {
    expect(longestSilence([990, 1010], 1000, 5000)).toBe(3990);
  });

  it('never ends if nothing came after the fault', () => {
    expect(longestSilence([990, 5001], 1000, 5000)).toBe(Infinity);
  });
});
