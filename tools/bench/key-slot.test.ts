import { expect, it } from 'vitest';
import { keySlot } from './key-slot.ts';

it('knows the slots that servers tell', () => {
  // CLUSTER KEYSLOT of Redis 7.0.
  expect(['123456789', 'foo', '', '{foo}bar', 'a{foo}b', '{}foo'].map(keySlot)).toEqual([
    12739, 12182, 0, 12182, 12182, 9500,
  ]);
});
