import type { Ms, Outcome, Traits } from '../model/index.ts';

/** What to do with an operation after an attempt. */
export type Step =
  /** Its fate is decided: tell the caller. */
  | { readonly type: 'settle' }
  /** Wait for a lease, then send it again. */
  | { readonly type: 'hold' }
  /** The server is right but not ready: send again after a pause. */
  | { readonly type: 'resend'; readonly afterMs: number };

export interface StepContext {
  readonly now: Ms;
  readonly deadline: Ms;
  /** Retries left in the budget, before this one. */
  readonly retriesLeft: number;
}

/** ms between two tries at a server that says "not now": short beside an election, long beside a round trip. */
const pauseMs = 50;

const settle: Step = { type: 'settle' };
const hold: Step = { type: 'hold' };

/**
 * The only retry decision. `notSent` is outside the budget, since nobody did any work for it. `unknown` goes
 * again only with declared idempotence: no layer turns it into anything else.
 */
export function nextStep(outcome: Outcome, traits: Traits, context: StepContext): Step {
  if (traits.isPinned || context.now >= context.deadline) return settle;
  switch (outcome.type) {
    case 'ok':
    case 'appError':
      return settle;
    case 'notSent':
      return hold;
    case 'refused':
      if (context.retriesLeft < 1) return settle;
      return outcome.isRoleRefusal ? hold : { type: 'resend', afterMs: pauseMs };
    case 'unknown':
      return traits.isIdempotent && context.retriesLeft >= 1 ? hold : settle;
  }
}

/** Does this step use up a retry? */
export function isCharged(outcome: Outcome, step: Step): boolean {
  return step.type !== 'settle' && outcome.type !== 'notSent';
}
