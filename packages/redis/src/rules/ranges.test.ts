import { describe, expect, it } from 'vitest';
import { rangesOf } from './ranges.ts';

describe('the ranges of slots', () => {
  it('are those that each shard claims, joined where they touch', () => {
    const ranges = rangesOf([
      {
        shard: 'x',
        epoch: 1,
        slots: [
          [0, 9],
          [10, 20],
          [30, 30],
        ],
      },
      { shard: 'y', epoch: 2, slots: [[16_383, 16_383]] },
    ]);
    expect([...ranges]).toEqual([
      [
        'x',
        [
          [0, 20],
          [30, 30],
        ],
      ],
      ['y', [[16_383, 16_383]]],
    ]);
  });

  it('give a slot that two claim to the higher epoch, whichever was heard first', () => {
    const [old, young] = [
      { shard: 'x', epoch: 1, slots: [[0, 10]] as const },
      { shard: 'y', epoch: 2, slots: [[4, 6]] as const },
    ];
    for (const claims of [
      [old, young],
      [young, old],
    ]) {
      const ranges = rangesOf(claims);
      expect(ranges.get('x')).toEqual([
        [0, 3],
        [7, 10],
      ]);
      expect(ranges.get('y')).toEqual([[4, 6]]);
    }
  });

  it('are none of a shard that lost all its slots', () => {
    expect(rangesOf([{ shard: 'x', epoch: 1, slots: [] }]).get('x')).toEqual([]);
  });
});
