import type { Ms } from '@failover/core';
import type { CommandTraits } from '../../protocol/commands/index.ts';
import { unknownCommand } from '../../protocol/commands/index.ts';
import { keySlot } from '../../protocol/key-slot.ts';
import { refusedByUs } from '../refuse.ts';
import { argsOf } from '../sent-commands.ts';
import { firstKeyIn, isOfFirstKey } from './first-key.ts';
import type { Lane } from './lane.ts';
import type { Plan } from './plan.ts';
import { planOf, slotPlan } from './plan.ts';

/** One command of a client, until a shard has it. */
export interface Unit {
  readonly bytes: Uint8Array;
  readonly traits: CommandTraits;
  readonly args: readonly Buffer[];
  readonly plan: Plan;
  readonly deadline: Ms;
  /** Set of a command that is passed on while it arrives: what came and was not passed on. */
  readonly large?: LargePart;
  /** How often it was sent elsewhere; of a subscription. */
  redirects: number;
}

export interface LargePart {
  parts: Uint8Array[];
  bytes: number;
  isWhole: boolean;
  /** Where it has begun: the rest goes there too, whatever becomes of its slot. */
  lane: Lane | undefined;
}

export function unitOf(bytes: Uint8Array, traits: CommandTraits, deadline: Ms): Unit {
  const key = isOfFirstKey(traits) ? firstKeyIn(bytes) : undefined;
  if (key !== undefined)
    return new LazyUnit(bytes, traits, slotPlan(keySlot(bytes, key.from, key.to)), deadline);
  const args = argsOf(bytes);
  return { bytes, traits, args, plan: planOf(traits, args), deadline, redirects: 0 };
}

/** Bytes that are no command, behind all commands before them. */
export const refusedUnit = (reply: Buffer): Unit => ({
  bytes: new Uint8Array(0),
  traits: unknownCommand,
  args: [],
  plan: { type: 'answer', reply },
  deadline: Infinity,
  redirects: 0,
});

/** Of most commands only the key is looked at. */
class LazyUnit implements Unit {
  readonly bytes: Uint8Array;
  readonly traits: CommandTraits;
  readonly plan: Plan;
  readonly deadline: Ms;
  redirects = 0;

  constructor(bytes: Uint8Array, traits: CommandTraits, plan: Plan, deadline: Ms) {
    this.bytes = bytes;
    this.traits = traits;
    this.plan = plan;
    this.deadline = deadline;
  }

  get args(): readonly Buffer[] {
    return argsOf(this.bytes);
  }
}

/** Of a command of which only the beginning is there: it goes by the first key, which stands in it. */
export function largeUnitOf(first: Uint8Array, traits: CommandTraits, deadline: Ms): Unit {
  const args = leadingArgs(Buffer.from(first.buffer, first.byteOffset, first.length));
  return {
    bytes: first,
    traits,
    args,
    plan: planOfLarge(traits, planOf(traits, args)),
    deadline,
    redirects: 0,
    large: { parts: [first], bytes: first.length, isWhole: false, lane: undefined },
  };
}

/** Its rest is not known, so that it cannot be split, and what has its keys there cannot find its shard. */
function planOfLarge(traits: CommandTraits, plan: Plan): Plan {
  const isPassable =
    plan.type === 'shard' || plan.type === 'answer' || (plan.type === 'any' && traits.keys.length === 0);
  if (isPassable) return plan;
  return { type: 'answer', reply: refusedByUs(traits.name, 'it is too large to find its shards') };
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
