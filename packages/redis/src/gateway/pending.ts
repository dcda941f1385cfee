import type { Ms } from '@failover/core';
import type { CommandTraits } from '../protocol/commands/index.ts';
import type { Upstream } from './upstream.ts';

/** What waits in line for one client, in the order of its commands. */
export type Pending =
  PendingRun | PendingCommand | PendingLarge | PendingSession | PendingRestore | PendingReply;

/** What waits for a server. */
export type PendingWork = Exclude<Pending, PendingReply>;

interface Work {
  /** When its oldest command must be answered, one way or the other. */
  readonly deadline: Ms;
  gate: Gate;
}

/** Commands that may share a connection, `from` to `to`. */
export interface PendingRun extends Work {
  readonly type: 'run';
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** One command that needs a connection of the client's own. */
export interface PendingCommand extends Work {
  readonly type: 'command';
  readonly bytes: Uint8Array;
  readonly traits: CommandTraits;
  /** Confirmations of a subscription that the client has seen before it was sent again. */
  readonly confirmed: number;
  /** In place of the server's reply, where that is about something else. */
  readonly answer?: Uint8Array;
  /** Its key may be where its slot moves to: it goes behind ASKING. */
  readonly isAsking?: true;
  /** Its reply is too large for a connection that others share. */
  readonly isAlone?: true;
  /** What goes on there is what it is about: on no other server, nor once that is over, does it mean anything. */
  readonly about?: Pick<Upstream<unknown>, 'isOpen' | 'lease'>;
}

/** One command that is passed on while it arrives. */
export interface PendingLarge extends Work {
  readonly type: 'large';
  readonly traits: CommandTraits;
  /** Pieces that arrived and were not passed on. */
  parts: Uint8Array[];
  bytes: number;
  isWhole: boolean;
  hasBegun: boolean;
}

/** A command about the client's connection itself. */
export interface PendingSession extends Work {
  readonly type: 'session';
  readonly name: string;
  readonly args: readonly Buffer[];
  /** What the server said of the identity that it asks for. */
  verdict: 'verified' | { readonly error: string } | undefined;
}

/** A subscriber without a server: it asked for nothing, and needs a connection again. */
export interface PendingRestore extends Work {
  readonly type: 'restore';
}

/** An answer of our own, whose turn comes when all before it were answered. */
export interface PendingReply {
  readonly type: 'reply';
  readonly bytes: Uint8Array;
  readonly tells: Tells;
}

/**
 * - `plain`: what is true whoever asks. - `unknown`: with this the client learns that something is unknown.
 * - `forKnown`: it stands for a server's answer, which a stranger does not get.
 */
export type Tells = 'plain' | 'unknown' | 'forKnown';

/** - `open`: may go when it is its turn. - `waiting`: for a lease or a pause. - `passed`: was let through. */
export type Gate =
  | { readonly type: 'open' }
  | { readonly type: 'waiting'; readonly cancel: () => void }
  | { readonly type: 'passed' };

export const openGate: Gate = { type: 'open' };
export const passedGate: Gate = { type: 'passed' };

export const replyOf = (bytes: Uint8Array, tells: Tells = 'plain'): PendingReply => ({
  type: 'reply',
  bytes,
  tells,
});

/** What no client asked for, and no answer of which it sees. */
export const restoreWork = (): PendingRestore => ({ type: 'restore', deadline: Infinity, gate: openGate });

/** How many answers the client expects for it. */
export function countOf(pending: PendingWork): number {
  if (pending.type === 'run') return pending.count;
  return pending.type === 'restore' ? 0 : 1;
}

export function sizeOf(pending: Pending): number {
  switch (pending.type) {
    case 'run':
      return pending.to - pending.from;
    case 'command':
    case 'reply':
      return pending.bytes.length;
    case 'large':
      return pending.bytes;
    case 'session':
    case 'restore':
      return 64;
  }
}
