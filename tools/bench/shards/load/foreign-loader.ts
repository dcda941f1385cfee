import type { Foreign } from '@failover/testing';
import { within } from '../../clock.ts';
import { type Loader, READY_LIMIT_MS } from '../../load/load.ts';
import type { OperationRecord } from '../../load/operation.ts';

/** What a load program in another language prints, line by line. */
export type ForeignLine =
  | { readonly type: 'ready' }
  | { readonly type: 'lastAcks'; readonly at: readonly (number | null)[] }
  | {
      readonly type: 'finished';
      readonly records: readonly OperationRecord[];
      readonly beside: readonly OperationRecord[];
    };

/** ms; it ends half a second after it was told to. */
const FINISH_LIMIT_MS = 10_000;

/** A load program that is started for each run, with its plan as its only argument. */
export function foreignLoader(
  program: Extract<Foreign<ForeignLine>, { readonly type: 'found' }>,
  nodes: readonly string[],
): Loader {
  return {
    async begin(plan) {
      let acks: readonly number[] = [-Infinity];
      let finished: Extract<ForeignLine, { type: 'finished' }> | undefined;
      let onReady: () => void = () => undefined;
      const ready = new Promise<true>((resolve) => {
        onReady = () => {
          resolve(true);
        };
      });
      const running = program.start([JSON.stringify({ ...plan, nodes })], (line) => {
        if (line.type === 'ready') onReady();
        else if (line.type === 'lastAcks') acks = line.at.map((at) => at ?? -Infinity);
        else finished = line;
      });
      if ((await within(READY_LIMIT_MS, ready)) === undefined) {
        running[Symbol.dispose]();
        throw new Error(`${plan.key} was not connected within ${READY_LIMIT_MS} ms`);
      }
      return {
        key: plan.key,
        lastAcks: () => Promise.resolve(acks),
        async finish() {
          await within(FINISH_LIMIT_MS, running.finish());
          running[Symbol.dispose]();
          if (finished === undefined) {
            console.log(`     no history of ${plan.key}: this run of it is lost`);
            return undefined;
          }
          const { records, beside } = finished;
          return { records, beside, worstLagMs: NaN };
        },
      };
    },
    end: () => Promise.resolve(),
  };
}
