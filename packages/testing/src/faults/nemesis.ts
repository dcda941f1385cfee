import type { Fault, Inject } from './fault.ts';
import type { ScheduledFault } from './schedule.ts';

/** What was done, on the clock of the nemesis. */
export interface Strike {
  readonly index: number;
  readonly fault: Fault;
  /** Just before the injection began, and when the fault was in force. */
  readonly startedAt: number;
  readonly injectedAt: number;
  readonly healedAt: number;
  /** When the cluster was as the caller wants it before the next fault. */
  readonly settledAt: number;
}

export interface NemesisOptions {
  readonly inject: Inject;
  /** Awaited while the fault is in force, for example until another primary serves. */
  readonly overcome?: (fault: Fault, signal: AbortSignal) => Promise<unknown>;
  /** Awaited after the heal, for example until all members are healthy again. */
  readonly settled: (fault: Fault, signal: AbortSignal) => Promise<unknown>;
  readonly now: () => number;
  /** Resolves after so many ms, or rejects with the signal's reason. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly signal?: AbortSignal;
  readonly onInjected?: (fault: Fault, index: number) => void;
  readonly onSettled?: (strike: Strike) => void;
}

/**
 * Runs a plan, one fault at a time, and heals each whatever happens. Aborted, it heals the fault in force,
 * and resolves with what was done so far.
 * @throws whatever `inject`, `overcome` or `settled` threw, after the heal
 */
export async function runNemesis(
  plan: readonly ScheduledFault[],
  options: NemesisOptions,
): Promise<readonly Strike[]> {
  const { inject, now, wait } = options;
  const signal = options.signal ?? new AbortController().signal;
  const strikes: Strike[] = [];
  try {
    for (const { index, gapMs, holdMs, fault } of plan) {
      signal.throwIfAborted();
      await wait(gapMs, signal);
      const startedAt = now();
      const heal = await inject(fault);
      const injectedAt = now();
      try {
        options.onInjected?.(fault, index);
        await wait(holdMs, signal);
        await options.overcome?.(fault, signal);
      } finally {
        await heal();
      }
      const healedAt = now();
      await options.settled(fault, signal);
      const strike = { index, fault, startedAt, injectedAt, healedAt, settledAt: now() };
      strikes.push(strike);
      options.onSettled?.(strike);
    }
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  }
  return strikes;
}
