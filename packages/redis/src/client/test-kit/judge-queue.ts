import type { QueueLoad, Stored } from './queue-load.ts';

/** A fault of the primary, and when its successor was found. Times are of `performance.now()`. */
export interface Failover {
  readonly fault: 'kill' | 'hang' | 'operator';
  readonly at: number;
  readonly overAt: number;
}

/** What excuses a job that is gone or that ran again; `nothing` is our fault. */
export type Excuse = `lost by Redis: ${Failover['fault']}` | 'stalled' | 'completion unknown' | 'nothing';

export interface QueueVerdict {
  /** Acknowledged, and in no state on the server. */
  readonly lost: readonly Excuse[];
  /** Each run of a job after its first. */
  readonly again: readonly Excuse[];
  /** Acknowledged and not lost, and no worker saw it. */
  readonly undone: readonly string[];
  /** Completed, and nobody was told. */
  readonly unheard: readonly string[];
}

/** ms: what was acknowledged so long before a fault is with the replicas, even if they share two processors with all. */
const replicatedWithinMs = 500;

export function judgeQueue(load: QueueLoad, stored: Stored, failovers: readonly Failover[]): QueueVerdict {
  /** Redis replicates after it acknowledges: what a lost primary said last may be known to nobody else. */
  const lostAt = (acknowledgedAt: number): Excuse | undefined => {
    const cause = failovers.find(
      ({ at, overAt }) => acknowledgedAt > at - replicatedWithinMs && acknowledgedAt < overAt,
    );
    return cause && `lost by Redis: ${cause.fault}`;
  };
  const isStored = (id: string): boolean => stored.completed.has(id) || stored.failed.has(id);

  const again = [...load.ran].flatMap(([id, runs]) =>
    runs.slice(1).map((nextAt, index): Excuse => {
      if ((load.stalled.get(id) ?? 0) > index) return 'stalled';
      const startedAt = runs[index] ?? nextAt;
      const completedAt = load.completed.get(id)?.find((at) => at > startedAt && at < nextAt);
      return completedAt === undefined ? 'completion unknown' : (lostAt(completedAt) ?? 'nothing');
    }),
  );
  return {
    lost: [...load.added].flatMap(([id, at]) => (isStored(id) ? [] : [lostAt(at) ?? 'nothing'])),
    again,
    undone: [...load.added.keys()].filter((id) => isStored(id) && !load.ran.has(id)),
    unheard: [...stored.completed].filter((id) => !load.heard.has(id)),
  };
}
