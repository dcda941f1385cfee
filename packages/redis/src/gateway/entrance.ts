import type { Ms } from '@failover/core';
import type { GatewayContext } from './context.ts';
import { containerOf, unknownCommand, writeBit } from '../protocol/commands/index.ts';
import { refusalOf } from './admission.ts';
import type { ListenerRole } from './handshake.ts';
import type { IntakeEvents } from './intake.ts';
import type { PendingLarge, PendingWork } from './pending.ts';
import { openGate } from './pending.ts';
import { protocolError, readOnlyListener } from './refuse.ts';
import { argsOf } from './sent-commands.ts';
import { ofShard } from './shards/of-shard.ts';
import { splitRun } from './split-run.ts';

export interface EntranceEvents {
  readonly context: Pick<GatewayContext, 'commands' | 'slots'>;
  readonly origin: { readonly role: ListenerRole };
  /** ASKING was said, which is about the next command: that one does not go the short way. */
  isAsking: boolean;
  /** When what comes now must be answered. */
  deadline(): Ms;
  /** True if the run was sent at once, as most are. */
  sent(bytes: Uint8Array, from: number, to: number, count: number): boolean;
  accept(work: PendingWork): void;
  /** Ours, in place of a server's. */
  answer(bytes: Uint8Array): void;
  /** The large command that still arrives, unless it was answered before all of it came. */
  arriving(): PendingLarge | undefined;
  grew(large: PendingLarge): void;
  violated(answer: Uint8Array): void;
}

/** Makes of what a client asks what waits in its line; the answer, where no server gets to see it. */
export class Entrance implements IntakeEvents {
  readonly #events: EntranceEvents;
  constructor(events: EntranceEvents) {
    this.#events = events;
  }

  run(bytes: Uint8Array, from: number, to: number, count: number, bits: number): void {
    const { commands } = this.#events.context;
    const { role } = this.#events.origin;
    if (this.#events.isAsking) {
      this.#askFirst(bytes, from, to);
      return;
    }
    if ((bits & writeBit) === 0 || role === 'primary') {
      this.#acceptRun(bytes, from, to, count);
      return;
    }
    for (const command of splitRun(commands, bytes, from, to)) {
      if (command.traits.isWrite) this.#events.answer(readOnlyListener);
      else this.#acceptRun(bytes, command.from, command.to, 1);
    }
  }

  command(bytes: Uint8Array, index: number): void {
    const { commands } = this.#events.context;
    const { role } = this.#events.origin;
    const traits = commands.traitsOf(index, () => argsOf(bytes)[1]?.toString('latin1') ?? '');
    const { slots } = this.#events.context;
    const answer = slots === undefined ? undefined : ofShard(traits.name, slots, () => argsOf(bytes));
    if (answer !== undefined) {
      this.#events.isAsking = traits.name === 'ASKING';
      this.#events.answer(answer);
      return;
    }
    const refusal = refusalOf(traits, role, () => argsOf(bytes));
    const work = { deadline: this.#events.deadline(), gate: openGate };
    if (refusal !== undefined) this.#events.answer(refusal);
    else if (traits.route === 'session') {
      const args = argsOf(bytes);
      const name = containerOf(traits.name);
      this.#events.accept({ type: 'session', name, args, verdict: undefined, ...work });
    } else this.#events.accept({ type: 'command', bytes, traits, confirmed: 0, ...this.#asked(), ...work });
  }

  part(bytes: Uint8Array, index: number, isFirst: boolean, isLast: boolean): void {
    if (isFirst) {
      this.#events.accept({
        type: 'large',
        traits: this.#events.context.commands.traits[index] ?? unknownCommand,
        parts: [bytes],
        bytes: bytes.length,
        isWhole: isLast,
        hasBegun: false,
        deadline: this.#events.deadline(),
        gate: openGate,
      });
      return;
    }
    const large = this.#events.arriving();
    if (large === undefined) return;
    large.parts.push(bytes);
    large.bytes += bytes.length;
    large.isWhole = isLast;
    this.#events.grew(large);
  }

  violation(problem: string): void {
    this.#events.violated(protocolError(problem));
  }

  /** The first command of a run is the one that ASKING was about. */
  #askFirst(bytes: Uint8Array, from: number, to: number): void {
    const { commands } = this.#events.context;
    const [first, ...others] = splitRun(commands, bytes, from, to);
    if (first === undefined) return;
    this.#events.accept({
      type: 'command',
      bytes: bytes.subarray(first.from, first.to),
      traits: first.traits,
      confirmed: 0,
      deadline: this.#events.deadline(),
      gate: openGate,
      ...this.#asked(),
    });
    if (others.length > 0) this.#acceptRun(bytes, first.to, to, others.length);
  }

  #asked(): { readonly isAsking?: true } {
    const asked = this.#events.isAsking ? { isAsking: true as const } : {};
    this.#events.isAsking = false;
    return asked;
  }

  #acceptRun(bytes: Uint8Array, from: number, to: number, count: number): void {
    if (this.#events.sent(bytes, from, to, count)) return;
    const deadline = this.#events.deadline();
    this.#events.accept({ type: 'run', bytes, from, to, count, deadline, gate: openGate });
  }
}
