import { seededRandom } from '@failover/core/virtual';
import type { Fault, FaultKind } from './fault.ts';

/** ms, both ends included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface ScheduleOptions {
  readonly kinds: readonly FaultKind[];
  readonly count: number;
  readonly members: readonly string[];
  /** Peace before each fault. */
  readonly gapMs: Range;
  /** How long each fault lasts, default 0: until its condition holds. */
  readonly holdMs?: Range;
}

export interface ScheduledFault {
  readonly index: number;
  readonly gapMs: number;
  readonly holdMs: number;
  readonly fault: Fault;
}

/**
 * A plan of faults. Pure: one seed, one plan, byte for byte. Kinds are dealt like cards, so that none is
 * missing in a short plan; members are drawn freely, so that one may be hit twice in a row.
 * @throws RangeError if faults are asked for and there is no kind or no member to choose
 */
export function schedule(seed: number, options: ScheduleOptions): readonly ScheduledFault[] {
  const { kinds, count, members, gapMs, holdMs = { min: 0, max: 0 } } = options;
  if (count > 0 && (kinds.length === 0 || members.length === 0)) {
    throw new RangeError('a schedule needs at least one kind of fault and one member');
  }
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const within = ({ min, max }: Range): number => min + below(max - min + 1);
  const plan: ScheduledFault[] = [];
  let deck: FaultKind[] = [];
  for (let index = 0; index < count; index += 1) {
    if (deck.length === 0) deck = [...kinds];
    const [kind] = deck.splice(below(deck.length), 1);
    const member = members[below(members.length)];
    if (kind === undefined || member === undefined) break;
    plan.push({ index, gapMs: within(gapMs), holdMs: within(holdMs), fault: { ...kind, member } });
  }
  return plan;
}
