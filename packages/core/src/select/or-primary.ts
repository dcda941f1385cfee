import { claimHolder, targetId } from '../model/index.ts';
import type { Picker } from './picker.ts';
import { pickNothing } from './picker.ts';

/** Whom `picker` picks; the shard's primary if that is nobody. For a target of role `replica`. */
export function orPrimary(picker: Picker): Picker {
  return {
    name: `${picker.name}, or the primary`,
    compile(topology, target) {
      const pick = picker.compile(topology, target);
      if (pick(0) !== undefined) return pick;
      const shardPrimary = topology.targets.get(targetId(target.shard, 'primary'));
      const holder = shardPrimary?.state === 'steady' ? claimHolder(shardPrimary.claim) : undefined;
      return holder === undefined ? pickNothing : () => holder;
    },
  };
}
