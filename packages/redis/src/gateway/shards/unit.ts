import type { Ms } from '@failover/core';
import type { CommandTraits } from '../../protocol/commands/index.ts';
import { argsOf } from '../sent-commands.ts';
import type { Plan } from './plan.ts';
import { planOf } from './plan.ts';

/** One command of a client, until a shard has it. */
export interface Unit {
  readonly bytes: Uint8Array;
  readonly traits: CommandTraits;
  readonly args: readonly Buffer[];
  readonly plan: Plan;
  readonly deadline: Ms;
  /** Set of a command that is passed on while it arrives: what came and was not passed on. */
  readonly large?: { parts: Uint8Array[]; bytes: number; isWhole: boolean; hasBegun: boolean };
}

export function unitOf(bytes: Uint8Array, traits: CommandTraits, deadline: Ms): Unit {
  const args = argsOf(bytes);
  return { bytes, traits, args, plan: planOf(traits, args), deadline };
}

/** Of a command of which only the beginning is there: it goes by the first key, which stands in it. */
export function largeUnitOf(first: Uint8Array, traits: CommandTraits, deadline: Ms): Unit {
  const args = leadingArgs(Buffer.from(first.buffer, first.byteOffset, first.length));
  return {
    bytes: first,
    traits,
    args,
    plan: planOf(traits, args),
    deadline,
    large: { parts: [first], bytes: first.length, isWhole: false, hasBegun: false },
  };
}

/** The whole arguments at the start of a command. */
function leadingArgs(bytes: Buffer): readonly Buffer[] {
  const args: Buffer[] = [];
  let at = bytes.indexOf('\r\n') + 2;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    if (end === -1 || bytes[at] !== 36) return args;
    const length = Number(bytes.toString('latin1', at + 1, end));
    const from = end + 2;
    if (!Number.isSafeInteger(length) || from + length + 2 > bytes.length) return args;
    args.push(bytes.subarray(from, from + length));
    at = from + length + 2;
  }
}
