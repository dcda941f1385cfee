import type { KeySpec } from './server-command.ts';

/**
 * Which way a command goes.
 * - `shared`: one of many on a connection that clients share. It never blocks, leaves no state behind on its
 *   connection, and its reply is its own.
 * - `cursor`: may share a connection, but means something only on the server that it began on.
 * - `pinOnce`: on a connection of the client's own, but leaves no state there.
 * - `transaction`, `subscription`: leaves state on the connection until it is taken back.
 * - `tracking`: as those, and what the client keeps of its answers is only good as long as that connection.
 * - `monitor`: from then on the connection shows what its server does.
 * - `pinForever`: what it leaves behind is not known to us.
 * - `session`: about the client's connection itself; answered here.
 * - `refused`: would harm every other client of the server.
 */
export type CommandRoute =
  | 'shared'
  | 'cursor'
  | 'pinOnce'
  | 'transaction'
  | 'subscription'
  | 'tracking'
  | 'monitor'
  | 'pinForever'
  | 'session'
  | 'refused';

export interface CommandTraits {
  /** In upper case; of a subcommand with its container's, as in `XGROUP CREATE`. Empty if the command is not known. */
  readonly name: string;
  readonly route: CommandRoute;
  /** A change of data, or anything else that somebody sees: a message published, a script run. */
  readonly isWrite: boolean;
  /** Twice equals once, whatever other clients did in between: reads, and subscriptions. */
  readonly isIdempotent: boolean;
  /** May wait at the server for as long as the client says. */
  readonly isBlocking: boolean;
  readonly keys: readonly KeySpec[];
}

/** A command that nobody told us about: it may do anything, so it gets a connection of its own from then on. */
export const unknownCommand: CommandTraits = {
  name: '',
  route: 'pinForever',
  isWrite: true,
  isIdempotent: false,
  isBlocking: true,
  keys: [],
};

/** `XGROUP` of `XGROUP CREATE`; the name itself of what is in no container. */
export const containerOf = (name: string): string => name.split(' ', 1)[0] ?? '';
