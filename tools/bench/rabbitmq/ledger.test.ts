import { describe, expect, it } from 'vitest';
import { matchDeliveries } from './ledger.ts';

const plain = (id: string) => ({ id, redelivered: false, resent: false });
const redelivered = (id: string) => ({ id, redelivered: true, resent: false });
const resent = (id: string) => ({ id, redelivered: false, resent: true });

describe('what was confirmed, beside what came', () => {
  it('is lost if no consumer got it', () => {
    expect(matchDeliveries(['1', '2', '3'], [plain('1'), redelivered('3')])).toMatchObject({ lost: 1 });
  });

  it('is no double when it came once, marked or not', () => {
    expect(matchDeliveries(['1', '2'], [resent('1'), redelivered('2')])).toEqual({
      lost: 0,
      doubledMarked: 0,
      doubledSilently: 0,
    });
  });

  it('is doubled visibly when all but one say that they may be', () => {
    const found = matchDeliveries(['1'], [plain('1'), resent('1'), redelivered('1')]);
    expect(found).toMatchObject({ doubledMarked: 2, doubledSilently: 0 });
  });

  it('is doubled silently when two look like the first', () => {
    const found = matchDeliveries(['1'], [plain('1'), plain('1'), redelivered('1')]);
    expect(found).toMatchObject({ doubledMarked: 1, doubledSilently: 1 });
  });
});
