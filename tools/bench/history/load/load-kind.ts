import type { Client, ClientKind } from '../client/open-client.ts';

export interface LoadContext {
  /** Names the clients in the history and their keys in Redis. */
  readonly process: string;
  readonly kind: ClientKind;
  /** The application's own; further ones may be opened. */
  readonly client: Client;
  isOver(): boolean;
}

/** Workers that keep a history. */
export interface RunningLoad {
  /** Grows while they work. */
  readonly records: readonly object[];
  /** Resolves when nobody works any more; not before it is over. */
  readonly done: Promise<unknown>;
}
