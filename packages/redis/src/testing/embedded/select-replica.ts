import type { EndpointId, Ms } from '@failover/core';

/** What the choice of a successor looks at. */
export interface Candidate {
  readonly address: EndpointId;
  readonly runId: string;
  readonly isDown: boolean;
  readonly isLinked: boolean;
  readonly availableAt: Ms;
  readonly infoAt: Ms;
  readonly linkDownMs: number;
  readonly priority: number;
  readonly offset: number;
}

export interface MasterHealth {
  /** `undefined` while it is not subjectively down. */
  readonly downSince: Ms | undefined;
  readonly downAfterMs: number;
}

const pingMs = 1_000;
const infoMs = 10_000;

/** The replica that takes over: lowest priority number, then most data, then the smallest run id. */
export function selectReplica(
  candidates: readonly Candidate[],
  master: MasterHealth,
  now: Ms,
): EndpointId | undefined {
  const isMasterDown = master.downSince !== undefined;
  const infoValidMs = isMasterDown ? pingMs * 5 : infoMs * 3;
  const maxLinkDownMs =
    (master.downSince === undefined ? 0 : now - master.downSince) + master.downAfterMs * 10;
  const good = candidates.filter(
    (one) =>
      !one.isDown &&
      one.isLinked &&
      now - one.availableAt <= pingMs * 5 &&
      one.priority !== 0 &&
      now - one.infoAt <= infoValidMs &&
      one.linkDownMs <= maxLinkDownMs,
  );
  return [...good].sort(byMerit)[0]?.address;
}

function byMerit(a: Candidate, b: Candidate): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (a.offset !== b.offset) return b.offset - a.offset;
  return a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : 0;
}
