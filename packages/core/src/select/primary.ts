import { claimHolder } from '../model/index.ts';
import type { Picker } from './picker.ts';
import { pickNothing } from './picker.ts';

/** The holder of the claim while the target is steady. Never anybody else, also if all members look unhealthy. */
export const primary: Picker = {
  name: 'primary',
  compile(_topology, target) {
    const holder = claimHolder(target.claim);
    return target.state !== 'steady' || holder === undefined ? pickNothing : () => holder;
  },
};
