import type { EndpointId, TargetId, TopologyDescription } from '../model/index.ts';
import type { Pick, Picker } from '../select/index.ts';
import { members, primary } from '../select/index.ts';

interface Compiled {
  readonly topology: TopologyDescription;
  readonly pick: Pick;
  turn: number;
}

/** Pickers, compiled once for each description: a pick is a call of a prebuilt function. */
export interface Picks {
  pick(topology: TopologyDescription, target: TargetId, picker?: Picker): EndpointId | undefined;
  /** Of a target that is gone. */
  forget(target: TargetId): void;
}

export function createPicks(): Picks {
  // Weak: a picker may be one client's own.
  const compiled = new Map<TargetId, WeakMap<Picker, Compiled>>();
  return {
    pick(topology, id, asked) {
      const target = topology.targets.get(id);
      if (target === undefined) return undefined;
      const picker = asked ?? (target.role === 'primary' ? primary : members);
      let ofTarget = compiled.get(id);
      if (ofTarget === undefined) compiled.set(id, (ofTarget = new WeakMap<Picker, Compiled>()));
      let entry = ofTarget.get(picker);
      if (entry?.topology !== topology) {
        entry = { topology, pick: picker.compile(topology, target), turn: entry?.turn ?? 0 };
        ofTarget.set(picker, entry);
      }
      entry.turn += 1;
      return entry.pick(entry.turn);
    },
    forget(target) {
      compiled.delete(target);
    },
  };
}
