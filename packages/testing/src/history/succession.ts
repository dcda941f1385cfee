import type { Recorded } from './operation-record.ts';

/** One server took another's place, as an independent observer saw it. On the history's clock. */
export interface Succession {
  readonly from: string;
  readonly to: string;
  /** When the successor first said that it is the primary. */
  readonly roleAt: number;
  /**
   * Since when acknowledgements of `from` were at risk: the fault, less the usual delay of replication.
   * By default since the succession before, which also excuses a loss long before the fault.
   */
  readonly exposedFrom?: number;
}

/** In the order in which they happened: of the whole backend, or of the part of it that has a key. */
export type Successions = readonly Succession[] | ((key: string) => readonly Succession[]);

/**
 * Whether the backend itself may have lost this acknowledged operation: the then-primary acknowledged it
 * before its successor first claimed the role. A client that does not know which server answered is judged
 * by the time alone.
 */
export function isLossOfBackend(
  record: Pick<Recorded, 'key' | 'endedAt' | 'server'>,
  successions: Successions,
): boolean {
  const { key, endedAt, server } = record;
  if (endedAt === undefined) return false;
  const own = typeof successions === 'function' ? successions(key) : successions;
  return own.some((succession, position) => {
    const reignFrom = position === 0 ? -Infinity : (own[position - 1]?.roleAt ?? -Infinity);
    const exposedFrom = Math.max(reignFrom, succession.exposedFrom ?? -Infinity);
    return (
      (server === undefined || server === succession.from) &&
      endedAt >= exposedFrom &&
      endedAt < succession.roleAt
    );
  });
}
