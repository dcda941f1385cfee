import { describe, expect, it } from 'vitest';
import { countedOnce } from './copies.ts';

const silent = (value: string) => ({ value, isTold: false });
const told = (value: string) => ({ value, isTold: true });

describe('copies of a message', () => {
  it('count once if all but one of them say what they are, whichever comes first', () => {
    expect(countedOnce([silent('a'), told('a'), silent('b')])).toEqual(['a', 'b']);
    expect(countedOnce([told('a'), silent('b'), silent('a'), told('a')])).toEqual(['a', 'b']);
    expect(countedOnce([told('a'), told('a')])).toEqual(['a']);
  });

  it('count each time if they come silently', () => {
    expect(countedOnce([silent('a'), silent('b'), silent('a')])).toEqual(['a', 'b', 'a']);
    expect(countedOnce([told('a'), silent('a'), silent('a')])).toEqual(['a', 'a']);
  });
});
