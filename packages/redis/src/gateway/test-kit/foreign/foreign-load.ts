import type { Foreign } from '@failover/testing';

/** What an application in another language saw of a failover. */
export interface Seen {
  readonly version: string;
  readonly acknowledged: readonly string[];
  /** Errors that say that the outcome is unknown; at most what was in flight. */
  readonly unknown: readonly string[];
  /** All other errors: a failover that reached the application. */
  readonly failed: readonly string[];
  readonly popped: readonly string[];
  readonly messages: readonly string[];
}

/** Writers, a pipeline, a transaction, a queue with a blocking worker and a subscriber, until it is told to end. */
export interface ForeignLoad extends Disposable {
  /** Resolves when every worker has ended. */
  finish(): Promise<Seen>;
}

/** Its program prints what it saw as its only line. */
export function startLoad(
  client: Extract<Foreign<Seen>, { readonly type: 'found' }>,
  args: readonly string[],
): ForeignLoad {
  let seen: Seen | undefined;
  const program = client.start(args, (line) => {
    seen = line;
  });
  return {
    async finish() {
      await program.finish();
      if (seen === undefined) throw new Error('it did not say what it saw');
      return seen;
    },
    [Symbol.dispose]: () => {
      program[Symbol.dispose]();
    },
  };
}
