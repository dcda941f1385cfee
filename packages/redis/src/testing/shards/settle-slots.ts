import type { Runtime } from '@failover/core';
import { untilSettled } from '../until-settled.ts';
import type { Ask } from './ask.ts';
import { settleSlot, type SettledSlot } from './settle-slot.ts';
import { clusterProblems, type ClusterView } from './shard-view.ts';
import { slotDisputes } from './slot-dispute.ts';

export interface SettleOptions {
  readonly runtime: Runtime;
  readonly ask: Ask;
  readonly view: () => Promise<ClusterView>;
  readonly password: string | undefined;
  readonly timeoutMs: number;
}

/** ms: nodes tell each other news within one, and most disputes are no older than that. */
const patienceMs = 5_000;

/**
 * Waits until all running nodes agree and no slot is on its way, and ends disputes that last.
 * @throws TestbedError with what is left after `timeoutMs`
 */
export async function settleSlots(options: SettleOptions): Promise<readonly SettledSlot[]> {
  const { runtime, ask, view, password, timeoutMs } = options;
  const settled: SettledSlot[] = [];
  const since = new Map<number, number>();

  await untilSettled(
    runtime,
    async () => {
      const seen = await view();
      const disputes = slotDisputes(seen);
      const now = runtime.now();
      const disputed = new Set(disputes.map(({ slot }) => slot));
      for (const slot of since.keys()) if (!disputed.has(slot)) since.delete(slot);
      for (const slot of disputed) if (!since.has(slot)) since.set(slot, now);
      const problems = [
        ...clusterProblems(seen),
        ...(disputed.size === 0 ? [] : [`disputed slots: ${[...disputed].join()}`]),
      ];
      for (const dispute of disputes) {
        if (now - (since.get(dispute.slot) ?? now) < patienceMs) continue;
        since.delete(dispute.slot);
        try {
          settled.push(await settleSlot(runtime, ask, dispute, password));
        } catch (error) {
          // The next look tells what it is now, and it is tried again after as long.
          problems.push(String(error));
        }
      }
      return problems;
    },
    timeoutMs,
  );
  return settled;
}
