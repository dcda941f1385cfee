import type { Heal, NetworkFault } from '../network/index.ts';

/** What can happen, to whomever. */
export type FaultKind =
  /** The process dies at once. Healed by starting it again. */
  | { readonly type: 'kill' }
  /** The process is stopped: it accepts and answers nothing. Healed by letting it go on. */
  | { readonly type: 'hang' }
  /** A stopped process goes on. There is nothing to heal. */
  | { readonly type: 'resume' }
  /** Dies and is started again at once. There is nothing to heal. */
  | { readonly type: 'restart' }
  /** On the way to the member, and back. */
  | Extract<NetworkFault, { type: 'refused' | 'reset' | 'blackHole' | 'slow' | 'halfOpen' | 'flapping' }>
  /** What only one backend knows, for example a forced election. Its testbed knows the name. */
  | { readonly type: 'backend'; readonly name: string };

/** What happens to one member. */
export type Fault = FaultKind & {
  /** A member's name, or a role that the testbed looks up when the fault is injected, such as `primary`. */
  readonly member: string;
};

/** Resolves when the fault is in force. */
export type Inject = (fault: Fault) => Promise<Heal>;
