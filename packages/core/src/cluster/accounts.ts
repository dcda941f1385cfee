import type { RetryBudgetLimits } from '../execute/index.ts';
import type { RetryBudget, Step } from '../execute/index.ts';
import {
  countOperations,
  countRetry,
  emptyRetryBudget,
  isCharged,
  nextStep,
  retriesLeft,
} from '../execute/index.ts';
import type { Ms, Outcome, TargetId, Traits } from '../model/index.ts';

export type OutcomeCounts = Readonly<Record<Outcome['type'], number>>;

/** The cluster's retry budget and what became of its operations. */
export interface Accounts {
  count(target: TargetId, outcome: Outcome['type'], count: number, now: Ms): void;
  decide(target: TargetId, outcome: Outcome, traits: Traits, deadline: Ms, now: Ms): Step;
  outcomes(target: TargetId): OutcomeCounts;
  resent(target: TargetId): number;
  /** Of a target that is gone. */
  forget(target: TargetId): void;
}

const noOutcomes: OutcomeCounts = { notSent: 0, refused: 0, ok: 0, appError: 0, unknown: 0 };

export function createAccounts(limits: RetryBudgetLimits): Accounts {
  let budget: RetryBudget = emptyRetryBudget;
  const outcomes = new Map<TargetId, OutcomeCounts>();
  const resent = new Map<TargetId, number>();
  return {
    count(target, outcome, count, now) {
      const before = outcomes.get(target) ?? noOutcomes;
      outcomes.set(target, { ...before, [outcome]: before[outcome] + count });
      budget = countOperations(budget, limits, now, count);
    },
    decide(target, outcome, traits, deadline, now) {
      const step = nextStep(outcome, traits, {
        now,
        deadline,
        retriesLeft: retriesLeft(budget, limits, now),
      });
      if (isCharged(outcome, step)) {
        budget = countRetry(budget, limits, now);
        resent.set(target, (resent.get(target) ?? 0) + 1);
      }
      return step;
    },
    outcomes: (target) => outcomes.get(target) ?? noOutcomes,
    resent: (target) => resent.get(target) ?? 0,
    forget(target) {
      outcomes.delete(target);
      resent.delete(target);
    },
  };
}
