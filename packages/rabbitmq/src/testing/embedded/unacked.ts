import { preconditionFailed } from './problem.ts';
import type { Delivery } from './queue.ts';

export interface Unsettled {
  readonly tag: number;
  readonly delivery: Delivery;
}

/** What a channel delivered and waits for, by delivery tag. */
export interface Unacked {
  /** The next tag, for a delivery that is settled already. */
  skip(): number;
  add(delivery: Delivery): number;
  /** @throws AmqpProblem if the tag is not known */
  take(tag: number, isMultiple: boolean): readonly Unsettled[];
  /** As for tag 0 with `multiple`. */
  takeAll(): readonly Unsettled[];
  /** Undoes a `take`. */
  restore(taken: readonly Unsettled[]): void;
}

export function createUnacked(): Unacked {
  let byTag = new Map<number, Delivery>();
  let lastTag = 0;

  return {
    skip: () => (lastTag += 1),
    add(delivery) {
      lastTag += 1;
      byTag.set(lastTag, delivery);
      return lastTag;
    },
    take(tag, isMultiple) {
      const delivery = byTag.get(tag);
      if (delivery === undefined) throw preconditionFailed(`unknown delivery tag ${tag}`);
      if (!isMultiple) {
        byTag.delete(tag);
        return [{ tag, delivery }];
      }
      const taken: Unsettled[] = [];
      for (const [earlier, of] of byTag) {
        if (earlier > tag) break;
        taken.push({ tag: earlier, delivery: of });
        byTag.delete(earlier);
      }
      return taken;
    },
    takeAll() {
      const taken = [...byTag].map(([tag, delivery]) => ({ tag, delivery }));
      byTag.clear();
      return taken;
    },
    restore(taken) {
      const all = [...byTag, ...taken.map(({ tag, delivery }) => [tag, delivery] as const)];
      byTag = new Map(all.sort(([one], [other]) => one - other));
    },
  };
}
