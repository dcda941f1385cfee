import type { Failure, Outcome, Step, Traits } from '@failover/core';
import type { CommandTraits } from '../protocol/commands/index.ts';
import type { SentCommand } from './split-run.ts';

/** What became of a command that one client sent behind others on one connection. */
export type Fate =
  | { readonly type: 'answered'; readonly reply: Uint8Array }
  | { readonly type: 'refused'; readonly reply: Uint8Array; readonly outcome: Outcome }
  | { readonly type: 'lost' }
  /** Nothing of it was written, or it is a read whose reply was too much to keep. */
  | { readonly type: 'repeatable' }
  /** Its fate was settled without the server, and it changed nothing. */
  | { readonly type: 'told'; readonly reply: Uint8Array };

export interface Sent {
  readonly command: SentCommand;
  readonly fate: Fate;
}

export type Settled =
  | { readonly type: 'reply'; readonly reply: Uint8Array }
  | { readonly type: 'resend'; readonly command: SentCommand; readonly afterMs: number }
  | { readonly type: 'unknown'; readonly command: SentCommand }
  /** Behind an unknown one, and not executed. */
  | { readonly type: 'notExecuted'; readonly command: SentCommand };

export interface SettleRules {
  readonly lost: Failure;
  classify(failure: Failure, traits: Traits): Outcome;
  /** Core's one retry decision. */
  nextStep(outcome: Outcome, traits: Traits): Step;
  readonly continueAfterUnknown: boolean;
}

export const coreTraits = (traits: CommandTraits): Traits => ({
  isIdempotent: traits.isIdempotent,
  isWrite: traits.isWrite,
  isPinned: traits.route === 'transaction',
});

const settleStep: Step = { type: 'settle' };
const holdStep: Step = { type: 'hold' };

/**
 * What each of a client's commands on a connection comes to after a refusal or a loss, in order.
 * - A refused one goes again only if no later write of the client was or may have been executed: else order breaks.
 * - A read that was answered after a refused one goes again too: it shall see what the refused one writes.
 * - At the first unknown one the client must be told before anything behind it runs.
 */
export function settleBurst(sent: readonly Sent[], rules: SettleRules): readonly Settled[] {
  const steps = sent.map(({ command, fate }): Step => {
    const traits = coreTraits(command.traits);
    switch (fate.type) {
      case 'refused':
        return rules.nextStep(fate.outcome, traits);
      case 'lost':
        return rules.nextStep(rules.classify(rules.lost, traits), traits);
      case 'repeatable':
        return holdStep;
      case 'answered':
      case 'told':
        return settleStep;
    }
  });
  const mayHaveRun = ({ command, fate }: Sent, at: number): boolean =>
    command.traits.isWrite &&
    (fate.type === 'answered' || (fate.type === 'lost' && steps[at]?.type === 'settle'));
  const lastExecuted = sent.findLastIndex(mayHaveRun);

  let isBehindUnknown = false;
  let isBehindResent = false;
  return sent.map(({ command, fate }, at): Settled => {
    const step = steps[at] ?? settleStep;
    const again = (): Settled => {
      if (isBehindUnknown && !rules.continueAfterUnknown) return { type: 'notExecuted', command };
      isBehindResent = true;
      return { type: 'resend', command, afterMs: step.type === 'resend' ? step.afterMs : 0 };
    };
    switch (fate.type) {
      case 'told':
        return { type: 'reply', reply: fate.reply };
      case 'answered':
        return command.traits.isWrite || !isBehindResent || at < lastExecuted
          ? { type: 'reply', reply: fate.reply }
          : again();
      case 'refused':
        return at < lastExecuted || step.type === 'settle' ? { type: 'reply', reply: fate.reply } : again();
      case 'repeatable':
        return again();
      case 'lost':
        if (step.type !== 'settle') return again();
        // A read may go unanswered when the budget for retries is used up: it changed nothing.
        if (!command.traits.isWrite) return { type: 'notExecuted', command };
        isBehindUnknown = true;
        return { type: 'unknown', command };
    }
  });
}
