import type { EndpointId, TargetDescription, TopologyDescription } from '../model/index.ts';

/**
 * Compiled once for each description that differs; a pick then allocates nothing. `turn` rises with each pick,
 * so that equal servers take turns.
 */
export interface Picker {
  readonly name: string;
  compile(topology: TopologyDescription, target: TargetDescription): Pick;
}

export type Pick = (turn: number) => EndpointId | undefined;

export const pickNothing: Pick = () => undefined;

export function pickInTurn(servers: readonly EndpointId[]): Pick {
  if (servers.length === 0) return pickNothing;
  return (turn) => servers[turn % servers.length];
}
