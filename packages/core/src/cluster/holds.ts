import type { HoldRequest } from '../adapter.ts';
import { NotSentError } from '../errors.ts';
import type { Hold, HoldCounts, HoldLimits } from '../execute/index.ts';
import { createHold } from '../execute/index.ts';
import type { FailoverNews, Lease, Ms, TargetId } from '../model/index.ts';
import type { Cancel, Runtime } from '../runtime/runtime.ts';
import type { Alarm } from './alarm.ts';
import { createAlarm } from './alarm.ts';

/** Takes a lease for one waiter, or undefined if the target cannot be used (again). */
type TakeLease = () => Lease | undefined;

interface Waiting {
  readonly take: TakeLease;
  readonly settle: (result: Lease | NotSentError) => void;
}

interface TargetHold {
  readonly queue: Hold;
  readonly waiting: Map<number, Waiting>;
  openedAt: Ms | undefined;
  countsAtOpen: HoldCounts;
  hasDrained: boolean;
  isDraining: boolean;
  readonly expiry: Alarm;
  stopDrain: Cancel;
}

/** The shell around the queues of all targets: promises and timers live here, decisions in `execute/hold`. */
export interface Holds {
  isWaiting(target: TargetId): boolean;
  wait(target: TargetId, request: HoldRequest, take: TakeLease): Promise<Lease>;
  drain(target: TargetId): void;
  /** Whoever can go: a picker may pick what is no member of the target, and no effect tells of that. */
  drainAll(): void;
  refuse(target: TargetId, reason: string): void;
  /** A target that is gone; what waits for it is refused. */
  forget(target: TargetId, reason: string): void;
  close(): void;
  counts(target: TargetId): HoldCounts;
}

const noCounts: HoldCounts = { held: 0, drained: 0, evicted: 0, cancelled: 0, waiting: 0 };
const doNothing: Cancel = () => undefined;

export function createHolds(runtime: Runtime, limits: HoldLimits, tell: (news: FailoverNews) => void): Holds {
  const holds = new Map<TargetId, TargetHold>();

  function holdOf(target: TargetId): TargetHold {
    const known = holds.get(target);
    if (known !== undefined) return known;
    const fresh: TargetHold = {
      queue: createHold(limits),
      waiting: new Map(),
      openedAt: undefined,
      countsAtOpen: noCounts,
      hasDrained: false,
      isDraining: false,
      expiry: createAlarm(runtime, (at) => {
        expire(target, fresh, at);
      }),
      stopDrain: doNothing,
    };
    holds.set(target, fresh);
    return fresh;
  }

  function settle(
    hold: TargetHold,
    ids: readonly number[],
    result: (waiting: Waiting) => Lease | NotSentError,
  ): void {
    for (const id of ids) {
      const waiting = hold.waiting.get(id);
      hold.waiting.delete(id);
      waiting?.settle(result(waiting));
    }
  }

  function closeIfEmpty(target: TargetId, hold: TargetHold): void {
    const { counts } = hold.queue;
    if (counts.waiting > 0 || hold.openedAt === undefined) return;
    const { countsAtOpen: before, openedAt } = hold;
    hold.openedAt = undefined;
    hold.isDraining = false;
    hold.stopDrain();
    tell({
      type: 'holdClosed',
      target,
      forMs: runtime.now() - openedAt,
      held: counts.held - before.held,
      drained: counts.drained - before.drained,
      evicted: counts.evicted - before.evicted,
      cancelled: counts.cancelled - before.cancelled,
    });
  }

  function expire(target: TargetId, hold: TargetHold, at: Ms): void {
    const late = new NotSentError(`not executed: no server for ${target} within its time`, {
      code: 'deadline-passed',
    });
    settle(hold, hold.queue.expire(at), () => late);
    closeIfEmpty(target, hold);
    hold.expiry.set(hold.queue.nextExpiry);
  }

  function refuse(target: TargetId, hold: TargetHold, refused: NotSentError): void {
    settle(hold, hold.queue.evictAll(), () => refused);
    closeIfEmpty(target, hold);
  }

  function end(target: TargetId, hold: TargetHold, refused: NotSentError): void {
    refuse(target, hold, refused);
    hold.expiry.set(undefined);
    hold.stopDrain();
  }

  function drainStep(target: TargetId, hold: TargetHold): void {
    hold.stopDrain();
    if (!hold.isDraining) return;
    // The server may be gone again: those who still wait keep their place for the next drain.
    const first = hold.waiting.values().next().value;
    if (first === undefined || first.take() === undefined) {
      hold.isDraining = false;
      closeIfEmpty(target, hold);
      return;
    }
    const { ids, nextInMs } = hold.queue.release();
    if (ids.length > 0 && !hold.hasDrained && hold.openedAt !== undefined) {
      hold.hasDrained = true;
      tell({ type: 'firstDrained', target, afterMs: runtime.now() - hold.openedAt });
    }
    settle(
      hold,
      ids,
      (waiting) =>
        waiting.take() ?? new NotSentError(`not executed: ${target} was lost again while draining`),
    );
    if (nextInMs === undefined) {
      closeIfEmpty(target, hold);
    } else {
      hold.stopDrain = runtime.after(nextInMs, () => {
        drainStep(target, hold);
      });
    }
  }

  function drain(target: TargetId, hold: TargetHold): void {
    if (hold.isDraining) return;
    hold.isDraining = true;
    hold.queue.startDrain();
    drainStep(target, hold);
  }

  return {
    isWaiting: (target) => (holds.get(target)?.queue.counts.waiting ?? 0) > 0,
    wait(target, request, take) {
      const hold = holdOf(target);
      const now = runtime.now();
      const until = Math.min(request.deadline ?? Infinity, now + limits.windowMs);
      if (request.signal?.aborted === true) return Promise.reject(new NotSentError('not executed: given up'));
      const countsAtOpen = hold.queue.counts;
      const id = hold.queue.enter({ bytes: request.bytes, count: request.count, until });
      if (id === 'full') {
        return Promise.reject(
          new NotSentError(`not executed: too much waits for ${target} already`, { code: 'hold-full' }),
        );
      }
      if (hold.openedAt === undefined) {
        hold.openedAt = now;
        hold.countsAtOpen = countsAtOpen;
        hold.hasDrained = false;
        tell({ type: 'holdOpened', target });
      }
      return new Promise<Lease>((resolve, reject) => {
        const onAbort = (): void => {
          if (!hold.queue.cancel(id)) return;
          hold.waiting.delete(id);
          reject(new NotSentError('not executed: given up'));
          closeIfEmpty(target, hold);
        };
        request.signal?.addEventListener('abort', onAbort, { once: true });
        hold.waiting.set(id, {
          take,
          settle(result) {
            request.signal?.removeEventListener('abort', onAbort);
            if (result instanceof Error) reject(result);
            else resolve(result);
          },
        });
        hold.expiry.set(hold.queue.nextExpiry);
      });
    },
    drain(target) {
      const hold = holds.get(target);
      if (hold !== undefined) drain(target, hold);
    },
    drainAll() {
      for (const [target, hold] of holds) if (hold.waiting.size > 0) drain(target, hold);
    },
    refuse(target, reason) {
      const hold = holds.get(target);
      if (hold !== undefined) refuse(target, hold, new NotSentError(`not executed: ${reason}`));
    },
    forget(target, reason) {
      const hold = holds.get(target);
      if (hold === undefined) return;
      // First: who comes while it ends, waits in another.
      holds.delete(target);
      end(target, hold, new NotSentError(`not executed: ${reason}`));
    },
    close() {
      for (const [target, hold] of holds)
        end(target, hold, new NotSentError('not executed: closed', { code: 'closed' }));
    },
    counts: (target) => holds.get(target)?.queue.counts ?? noCounts,
  };
}
