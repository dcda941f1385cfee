/** The times that the reducer judges by. */
export interface ReduceLimits {
  /** ms a chosen successor, or a provisional claim, is believed without confirmation. Default 3000. */
  readonly claimLeaseMs: number;
  /** ms of silence that make a suspect server down. Default 2000: the longest silence limit and one second more. */
  readonly silentDownMs: number;
  /** ms without a usable server after which a target is given up and refuses at once. Default the hold window. */
  readonly giveUpMs: number;
  /** Test only: a guard that is switched off, to see that some seed fails without it. */
  readonly disabledGuard?: Guard | undefined;
}

/** The checks that keep us from writing to the wrong server. Each has a simulation that fails without it. */
export type Guard = 'epoch' | 'provisional-lease' | 'generation' | 'confirm-before-drain';

export const defaultReduceLimits: ReduceLimits = { claimLeaseMs: 3000, silentDownMs: 2000, giveUpMs: 20_000 };
