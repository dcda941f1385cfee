import type { Member } from '../model/index.ts';

/**
 * Keeps the last known members, so that a restart works when every configured seed is gone. A hint only: who is
 * primary is never remembered.
 */
export interface TopologyStore {
  load(): Promise<readonly Member[]>;
  save(members: readonly Member[]): Promise<void>;
}
