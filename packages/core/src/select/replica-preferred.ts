import { claimHolder, targetId } from '../model/index.ts';
import { members } from './members.ts';
import type { Picker } from './picker.ts';
import { pickNothing } from './picker.ts';

/** Available replicas in turn; the shard's primary if there is none. For a target of role `replica`. */
export const replicaPreferred: Picker = {
  name: 'replicaPreferred',
  compile(topology, target) {
    const replicas = members.compile(topology, target);
    if (replicas(0) !== undefined) return replicas;
    const shardPrimary = topology.targets.get(targetId(target.shard, 'primary'));
    const holder = shardPrimary?.state === 'steady' ? claimHolder(shardPrimary.claim) : undefined;
    return holder === undefined ? pickNothing : () => holder;
  },
};
