/** What a server says of one of its commands in `COMMAND` (https://redis.io/docs/latest/commands/command/). */
export interface ServerCommand {
  /** In lower case; of a subcommand with its container's, as in `xgroup create`. */
  readonly name: string;
  readonly flags: readonly ServerFlag[];
  readonly keys: readonly KeySpec[];
  /** It does nothing by itself. */
  readonly isContainer?: true;
}

export type ServerFlag = 'write' | 'readonly' | 'blocking' | 'admin' | 'noscript' | 'pubsub';

/** Where keys stand (https://redis.io/docs/latest/develop/reference/key-specs/). */
export interface KeySpec {
  /** The place of the first word that counts, or the word before it, searched from there on; backwards if negative. */
  readonly begin: number | { readonly word: string; readonly from: number };
  readonly find:
    | {
        /** The last key, from `begin` on; negative: from the end. */
        readonly last: number;
        readonly step: number;
        /** With `last` -1: only the first half (2), third (3), …; 0 and 1: all. */
        readonly limit: number;
      }
    /** Its number stands there, from `begin` on. */
    | { readonly countAt: number; readonly first: number; readonly step: number };
}
