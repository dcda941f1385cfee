import { type IdleCost, measureIdle, WARM_CONNECTIONS } from '../idle/measure.ts';
import type { StartedVariant } from '../throughput/variant.ts';
import type { IdleSettings } from './orders.ts';

export interface IdleFound extends IdleCost {
  readonly variant: string;
  /** The first ones included, which are not measured. */
  readonly connections: number;
}

/** What an idle client costs a process in between; undefined where there is none. */
export async function measureVariant(
  { name, port, pid }: StartedVariant,
  connections: number,
): Promise<IdleFound | undefined> {
  if (pid === undefined) return undefined;
  const cost = await measureIdle(pid, connections - WARM_CONNECTIONS, {
    name,
    module: new URL('./main.ts', import.meta.url),
    processes: 4,
    openLimitMs: 60_000,
    settings: (count): IdleSettings => ({ port, connections: count }),
  });
  return { variant: name, connections, ...cost };
}
