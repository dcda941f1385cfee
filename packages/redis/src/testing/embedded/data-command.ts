import type { Ms } from '@failover/core';
import type { CommandArgument } from '../../protocol/encode.ts';
import type { RespValue } from '../../protocol/value.ts';
import type { Entry, Key, Keyspace } from './keyspace.ts';

/** A command that touches keys and nothing else. */
export interface DataCommand {
  /** As COMMAND tells it: the name counts, negative means at least. */
  readonly arity: number;
  readonly isWrite: boolean;
  /** @throws CommandError with the reply's text */
  run(context: DataContext, args: readonly Buffer[]): RespValue;
}

export interface DataContext {
  readonly keys: Keyspace;
  readonly now: Ms;
  /**
   * Something changed. Replicas run the given commands in place of this one, or this one as it came if none is given.
   */
  changed(...instead: readonly (readonly CommandArgument[])[]): void;
}

/** The text of an error reply, with its code in front. */
export class CommandError extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'CommandError';
  }
}

export const syntaxError = 'ERR syntax error';
const notInteger = 'ERR value is not an integer or out of range';
const wrongType = 'WRONGTYPE Operation against a key holding the wrong kind of value';

const minInteger = -(2n ** 63n);
const maxInteger = 2n ** 63n - 1n;

/** @throws CommandError if it is no 64-bit integer */
export function integerFrom(bytes: Buffer | undefined): bigint {
  const text = bytes?.toString('latin1') ?? '';
  if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) throw new CommandError(notInteger);
  return inRange(BigInt(text), notInteger);
}

/** @throws CommandError if it does not fit into 64 bits */
export function inRange(value: bigint, problem = 'ERR increment or decrement would overflow'): bigint {
  if (value < minInteger || value > maxInteger) throw new CommandError(problem);
  return value;
}

/** Indexes and timeouts are small: beyond a safe integer nobody can tell the difference. */
export function numberFrom(bytes: Buffer | undefined): number {
  return Number(integerFrom(bytes));
}

/** @throws CommandError if the key holds something else */
export function entryOf<T extends Entry['type']>(
  { keys, now }: DataContext,
  key: Key,
  type: T,
): Extract<Entry, { type: T }> | undefined {
  const entry = keys.get(key, now);
  if (entry !== undefined && entry.type !== type) throw new CommandError(wrongType);
  return entry as Extract<Entry, { type: T }> | undefined;
}
