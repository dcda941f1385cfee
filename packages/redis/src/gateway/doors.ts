import type { TargetId } from '@failover/core';
import { targetId } from '@failover/core';
import type { Door } from './door.ts';
import type { ListenerRole } from './handshake.ts';

/** All doors of a gateway. Each is opened when it is needed first; that of a shard which is gone is closed. */
export interface Doors extends Iterable<Door> {
  to(shard: string, role: ListenerRole): Door;
  /** Sends everybody away who came for a shard that is gone, and closes its door when nobody is there. */
  closeGone(isKnown: (shard: string) => boolean, sendAway: (target: TargetId) => void): void;
  close(): void;
}

export function createDoors(open: (shard: string, role: ListenerRole) => Door): Doors {
  const doors = new Map<TargetId, Door>();

  function close({ origin, shared }: Door, reason: string): void {
    origin.close();
    shared.close(reason);
  }

  return {
    [Symbol.iterator]: () => doors.values(),
    to(shard, role) {
      const target = targetId(shard, role);
      const existing = doors.get(target);
      if (existing !== undefined) return existing;
      const made = open(shard, role);
      doors.set(target, made);
      return made;
    },
    closeGone(isKnown, sendAway) {
      for (const [target, door] of doors) {
        if (isKnown(door.origin.shard)) continue;
        sendAway(target);
        if (door.relays > 0) continue;
        doors.delete(target);
        close(door, 'its shard is gone');
      }
    },
    close() {
      for (const door of doors.values()) close(door, 'the gateway is closed');
    },
  };
}
