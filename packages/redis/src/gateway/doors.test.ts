import { targetId } from '@failover/core';
import { describe, expect, it } from 'vitest';
import type { Door } from './door.ts';
import { createDoors } from './doors.ts';

function house() {
  const heard: string[] = [];
  const doors = createDoors((shard, role) => {
    heard.push(`${shard} opens`);
    const origin = { shard, target: targetId(shard, role), close: () => void heard.push(`${shard} closes`) };
    return { relays: 0, origin, shared: { close: () => undefined } } as unknown as Door;
  });
  const closeGone = (...known: readonly string[]): void => {
    doors.closeGone(
      (shard) => known.includes(shard),
      (target) => void heard.push(`leave ${target}`),
    );
  };
  return { doors, heard, closeGone };
}

describe('doors', () => {
  it('open once for each shard and role', () => {
    const { doors, heard } = house();
    expect(doors.to('a', 'primary')).toBe(doors.to('a', 'primary'));
    expect(doors.to('a', 'replica')).not.toBe(doors.to('a', 'primary'));
    expect(heard).toEqual(['a opens', 'a opens']);
    expect([...doors]).toHaveLength(2);
  });

  it('close when their shard is gone and the last has left, and open anew if it comes back', () => {
    const { doors, heard, closeGone } = house();
    const door = doors.to('a', 'primary');
    door.relays = 2;
    doors.to('b', 'primary');
    closeGone('a', 'b');
    expect(heard.splice(0)).toEqual(['a opens', 'b opens']);
    door.relays = 1;
    closeGone('b');
    expect(heard.splice(0)).toEqual(['leave a/primary']);
    door.relays = 0;
    closeGone('b');
    expect(heard.splice(0)).toEqual(['leave a/primary', 'a closes']);
    doors.to('a', 'primary');
    doors.close();
    expect(heard).toEqual(['a opens', 'b closes', 'a closes']);
  });
});
