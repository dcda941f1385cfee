import type { Effect, FailoverNews, TargetDescription, TopologyDescription } from '../model/index.ts';
import { withTarget } from '../model/index.ts';

/** What one observation led to. */
export interface Reduction {
  readonly topology: TopologyDescription;
  readonly news: readonly FailoverNews[];
  readonly effects: readonly Effect[];
}

const nothing: readonly never[] = [];

export function unchanged(topology: TopologyDescription): Reduction {
  return { topology, news: nothing, effects: nothing };
}

export function changed(
  topology: TopologyDescription,
  news: readonly FailoverNews[],
  effects: readonly Effect[] = nothing,
): Reduction {
  return { topology, news, effects };
}

/** Goes on from a reduction: its news and effects come first. */
export function andThen(first: Reduction, next: (topology: TopologyDescription) => Reduction): Reduction {
  const second = next(first.topology);
  if (second.news.length === 0 && second.effects.length === 0 && second.topology === first.topology)
    return first;
  return {
    topology: second.topology,
    news: [...first.news, ...second.news],
    effects: [...first.effects, ...second.effects],
  };
}

/** One target's new state put in place, with the news that its state changed, if it did. */
export function settleTarget(
  topology: TopologyDescription,
  before: TargetDescription,
  after: TargetDescription,
  reason: string,
  news: readonly FailoverNews[] = nothing,
  effects: readonly Effect[] = nothing,
): Reduction {
  if (before === after && news.length === 0 && effects.length === 0) return unchanged(topology);
  const moved: readonly FailoverNews[] =
    before.state === after.state
      ? nothing
      : [
          {
            type: 'stateChanged',
            target: after.id,
            from: before.state,
            to: after.state,
            ...(after.claim.type === 'none' ? {} : { server: after.claim.server }),
            reason,
          },
        ];
  const follow: readonly Effect[] =
    before.state === after.state
      ? nothing
      : after.state === 'steady'
        ? [{ type: 'drainHold', target: after.id }]
        : after.state === 'unavailable'
          ? [{ type: 'refuseHold', target: after.id, reason }]
          : nothing;
  return changed(withTarget(topology, after), [...news, ...moved], [...effects, ...follow]);
}
