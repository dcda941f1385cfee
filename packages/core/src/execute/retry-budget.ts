import type { Ms } from '../model/index.ts';

export interface RetryBudgetLimits {
  /** Share of new operations that may be sent again. Default 0.2, as Envoy and Finagle. */
  readonly share: number;
  /** Retries each second that are always allowed. Default 10: a client with one operation a second must recover too. */
  readonly perSecond: number;
  /** ms, default 10,000. */
  readonly windowMs: number;
}

export const defaultRetryBudget: RetryBudgetLimits = { share: 0.2, perSecond: 10, windowMs: 10_000 };

/** Counts per tenth of the window; slot `n` holds the instants [n, n + 1) × window / 10. */
export interface RetryBudget {
  readonly slots: ReadonlyMap<number, { readonly operations: number; readonly retries: number }>;
}

export const emptyRetryBudget: RetryBudget = { slots: new Map() };

function add(
  budget: RetryBudget,
  limits: RetryBudgetLimits,
  now: Ms,
  operations: number,
  retries: number,
): RetryBudget {
  const slot = Math.floor((now * 10) / limits.windowMs);
  const slots = new Map([...budget.slots].filter(([at]) => at > slot - 10));
  const before = slots.get(slot) ?? { operations: 0, retries: 0 };
  slots.set(slot, { operations: before.operations + operations, retries: before.retries + retries });
  return { slots };
}

export function countOperations(
  budget: RetryBudget,
  limits: RetryBudgetLimits,
  now: Ms,
  count: number,
): RetryBudget {
  return add(budget, limits, now, count, 0);
}

/** How many retries are left in the window. */
export function retriesLeft(budget: RetryBudget, limits: RetryBudgetLimits, now: Ms): number {
  const oldest = Math.floor((now * 10) / limits.windowMs) - 9;
  let operations = 0;
  let retries = 0;
  for (const [at, slot] of budget.slots) {
    if (at < oldest) continue;
    operations += slot.operations;
    retries += slot.retries;
  }
  return Math.floor(operations * limits.share + (limits.perSecond * limits.windowMs) / 1000) - retries;
}

export function countRetry(budget: RetryBudget, limits: RetryBudgetLimits, now: Ms): RetryBudget {
  return add(budget, limits, now, 0, 1);
}
