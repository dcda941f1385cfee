import type { Turn } from './turn.ts';

/** One answer that a shard owes, and the command that it answers. */
export type Owed =
  | Asked
  /** It makes a connection that was opened later what the client's others are. */
  | { readonly type: 'setup'; readonly bytes: Uint8Array }
  /** The client was told before, or did not ask: nobody waits for it. */
  | { readonly type: 'unheard'; readonly bytes: Uint8Array };

export interface Asked {
  readonly type: 'asked';
  /** To send it again where its slot went; absent of one that passed in parts. */
  readonly bytes: Uint8Array | undefined;
  /** Where its answer goes. */
  readonly turn: Turn;
  /** Its place among the parts of `turn`. */
  readonly part: number;
  /** To its connection, which is in a transaction or is to become somebody: it does not go elsewhere. */
  readonly isBound: boolean;
  readonly redirects: number;
}

export type Resendable = Asked & { readonly bytes: Uint8Array };

/** The first time that it is asked. */
export const asked = (
  turn: Turn,
  bytes: Uint8Array | undefined,
  { part = 0, isBound = false }: Partial<Pick<Asked, 'part' | 'isBound'>> = {},
): Asked => ({ type: 'asked', bytes, turn, part, isBound, redirects: 0 });
