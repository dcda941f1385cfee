import { type Random, shuffled } from '../../random.ts';

export type HistoryFault = 'kill' | 'hang' | 'drain' | 'move' | 'close' | 'alarm';
export const HISTORY_FAULTS: readonly HistoryFault[] = ['kill', 'hang', 'drain', 'move', 'close', 'alarm'];

export interface Planned {
  readonly fault: HistoryFault;
  /** Which of the nodes. */
  readonly node: number;
  /** Which of the queues, for what befalls one. */
  readonly queue: number;
  /** ms until it is healed. */
  readonly lengthMs: number;
  /** ms of calm before it. */
  readonly calmMs: number;
}

const HANG_MS = { least: 2000, most: 12_000 };
const OTHER_MS = { least: 1000, most: 3000 };
const CALM_MS = { least: 500, most: 2000 };

/** Each kind equally often, as far as the count allows; all else as the seed decides. */
export function planFaults(
  count: number,
  kinds: readonly HistoryFault[],
  sizes: { readonly nodes: number; readonly queues: number },
  random: Random,
): readonly Planned[] {
  const order = shuffled(kinds, random);
  const faults = Array.from({ length: count }, (_, at) => order[at % order.length] as HistoryFault);
  const within = ({ least, most }: typeof CALM_MS): number => Math.round(least + random() * (most - least));
  return shuffled(faults, random).map((fault) => ({
    fault,
    node: Math.floor(random() * sizes.nodes),
    queue: Math.floor(random() * sizes.queues),
    lengthMs: within(fault === 'hang' ? HANG_MS : OTHER_MS),
    calmMs: within(CALM_MS),
  }));
}
