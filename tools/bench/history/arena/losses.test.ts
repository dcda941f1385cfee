import { describe, expect, it } from 'vitest';
import { endpoint } from '@failover/core';
import { keySlot } from '../../key-slot.ts';
import { lossesOf } from './losses.ts';

const [owner, other] = [endpoint('127.0.0.1:1'), endpoint('127.0.0.1:2')];
const slot = keySlot('{a}');

describe('what servers lost of a slot that was settled', () => {
  it('is nothing if its owner has its keys', () => {
    expect(lossesOf(2, [{ slot, owner, keys: 3, dropped: [] }], 9)).toEqual([]);
  });

  it('is all that was there until then if no key is left, and nothing of other slots', () => {
    const [loss, ...more] = lossesOf(2, [{ slot, owner, keys: 0, dropped: [] }], 9);
    expect(more).toEqual([]);
    expect(loss).toMatchObject({ from: '2', to: '1', roleAt: 9 });
    expect(loss?.exposedFrom).toBeUndefined();
    expect([loss?.owns('{a}1'), loss?.owns('{a}2'), loss?.owns('{b}1')]).toEqual([true, true, false]);
  });

  it('is one value of a key that two nodes had, and no other key', () => {
    const dropped = [{ key: '{a}1', from: other }];
    const [loss] = lossesOf(2, [{ slot, owner, keys: 3, dropped }], 9);
    expect([loss?.owns('{a}1'), loss?.owns('{a}2')]).toEqual([true, false]);
  });
});
