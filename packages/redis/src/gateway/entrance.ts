import type { Ms } from '@failover/core';
import type { CommandTraits } from '../protocol/commands/index.ts';
import { containerOf, unknownCommand, writeBit } from '../protocol/commands/index.ts';
import { refusalOf } from './admission.ts';
import type { GatewayContext } from './context.ts';
import type { Flight } from './flight.ts';
import type { Gates } from './gates.ts';
import type { ListenerRole } from './handshake.ts';
import type { IntakeEvents } from './intake.ts';
import type { Line } from './line.ts';
import type { PendingLarge, PendingReply, PendingWork } from './pending.ts';
import { countOf, openGate, replyOf } from './pending.ts';
import { behindUnknown } from './recovery.ts';
import { notExecuted, protocolError, readOnlyListener, refusedByUs } from './refuse.ts';
import { repeated } from './repeated.ts';
import { argsOf } from './sent-commands.ts';
import { ofShard } from './shards/of-shard.ts';
import { splitRun } from './split-run.ts';

export interface EntranceOptions {
  readonly context: Pick<
    GatewayContext,
    'commands' | 'continueAfterUnknown' | 'counters' | 'limits' | 'slots'
  >;
  readonly origin: { readonly role: ListenerRole };
  readonly line: Line;
  readonly gates: Pick<Gates, 'cancel' | 'hold' | 'waiting'>;
  readonly settlement: { readonly isUntold: boolean };
  /** `sent` is true if the run was sent at once, as most are. */
  readonly flight: Pick<Flight, 'sent'>;
  readonly route: { readonly upstream: { readonly isCongested: boolean } | undefined };
  /** When what comes now must be answered. */
  deadline(): Ms;
  /** The head of the line may have its turn. */
  pump(): void;
  pauseReading(): void;
  /** It is the last that the client says. */
  drain(): void;
}

/** Makes of what a client asks what waits in its line; the answer, where no server gets to see it. */
export class Entrance implements IntakeEvents {
  /** ASKING was said, which is about the next command: that one does not go the short way. */
  isAsking = false;
  readonly #options: EntranceOptions;

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  run(bytes: Uint8Array, from: number, to: number, count: number, bits: number): void {
    const { context, origin } = this.#options;
    if (this.isAsking) {
      this.#askFirst(bytes, from, to);
      return;
    }
    if ((bits & writeBit) === 0 || origin.role === 'primary') {
      this.#acceptRun(bytes, from, to, count);
      return;
    }
    for (const command of splitRun(context.commands, bytes, from, to)) {
      if (command.traits.isWrite) this.#answer(readOnlyListener);
      else this.#acceptRun(bytes, command.from, command.to, 1);
    }
  }

  command(bytes: Uint8Array, index: number): void {
    const { context, origin } = this.#options;
    const { commands, slots } = context;
    const traits = commands.traitsOf(index, () => argsOf(bytes)[1]?.toString('latin1') ?? '');
    const answer = slots === undefined ? undefined : ofShard(traits.name, slots, () => argsOf(bytes));
    if (answer !== undefined) {
      this.isAsking = traits.name === 'ASKING';
      this.#answer(answer);
      return;
    }
    const refusal = refusalOf(traits, origin.role, () => argsOf(bytes));
    const work = { deadline: this.#options.deadline(), gate: openGate };
    if (refusal !== undefined) this.#answer(refusal);
    else if (traits.route === 'session') {
      const args = argsOf(bytes);
      const name = containerOf(traits.name);
      this.#accept({ type: 'session', name, args, verdict: undefined, ...work });
    } else this.#accept({ type: 'command', bytes, traits, confirmed: 0, ...this.#asked(), ...work });
  }

  part(bytes: Uint8Array, index: number, isFirst: boolean, isLast: boolean): void {
    if (isFirst) {
      const traits = this.#options.context.commands.traits[index] ?? unknownCommand;
      if (readWhole.has(traits.route)) {
        this.#answer(
          refusedByUs(`${traits.name} above 1 MiB`, 'it has to be read whole; send it in several'),
        );
        return;
      }
      this.#accept({
        type: 'large',
        traits,
        parts: [bytes],
        bytes: bytes.length,
        isWhole: isLast,
        hasBegun: false,
        deadline: this.#options.deadline(),
        gate: openGate,
      });
      return;
    }
    const large = this.#arriving();
    if (large === undefined) return;
    large.parts.push(bytes);
    large.bytes += bytes.length;
    large.isWhole = isLast;
    this.#options.pump();
    const isMuch = large.bytes > this.#options.context.limits.maxPendingBytes;
    if (isMuch || this.#options.route.upstream?.isCongested === true) this.#options.pauseReading();
  }

  violation(problem: string): void {
    this.#options.context.counters.protocolErrors += 1;
    const answer = protocolError(problem);
    if (!this.#cut(answer)) this.#queue(replyOf(answer));
    this.#options.drain();
  }

  /** No more is read. */
  end(): void {
    if (this.#cut(cutOff)) this.#options.context.counters.notExecuted += 1;
  }

  /** Answers a command of which the rest never comes: nothing behind it would be answered. True if there is one. */
  #cut(answer: Uint8Array): boolean {
    const { gates, line } = this.#options;
    const cut = this.#arriving();
    if (cut === undefined) return false;
    gates.cancel(cut);
    line.replace(cut, replyOf(answer));
    return true;
  }

  /** The large command that still arrives, unless it was answered before all of it came. */
  #arriving(): PendingLarge | undefined {
    const { last } = this.#options.line;
    return last?.type === 'large' && !last.isWhole ? last : undefined;
  }

  /** The first command of a run is the one that ASKING was about. */
  #askFirst(bytes: Uint8Array, from: number, to: number): void {
    const [first, ...others] = splitRun(this.#options.context.commands, bytes, from, to);
    if (first === undefined) return;
    this.#accept({
      type: 'command',
      bytes: bytes.subarray(first.from, first.to),
      traits: first.traits,
      confirmed: 0,
      deadline: this.#options.deadline(),
      gate: openGate,
      ...this.#asked(),
    });
    if (others.length > 0) this.#acceptRun(bytes, first.to, to, others.length);
  }

  #asked(): { readonly isAsking?: true } {
    const asked = this.isAsking ? { isAsking: true as const } : {};
    this.isAsking = false;
    return asked;
  }

  #acceptRun(bytes: Uint8Array, from: number, to: number, count: number): void {
    if (this.#options.flight.sent(bytes, from, to, count)) return;
    this.#accept({
      type: 'run',
      bytes,
      from,
      to,
      count,
      deadline: this.#options.deadline(),
      gate: openGate,
    });
  }

  #accept(work: PendingWork): void {
    const { context, gates, line, settlement } = this.#options;
    const refusal =
      settlement.isUntold && !context.continueAfterUnknown
        ? behindUnknown
        : line.bytes > context.limits.maxLineBytes
          ? tooMuchWaits
          : undefined;
    if (refusal !== undefined) {
      context.counters.notExecuted += countOf(work);
      this.#queue(replyOf(repeated(refusal, countOf(work))));
      return;
    }
    line.push(work);
    // Behind others that wait it waits too, and is counted with them.
    if (gates.waiting > 0) gates.hold(work);
    this.#options.pump();
  }

  /** Ours, in place of a server's, which a stranger does not get. */
  #answer(bytes: Uint8Array): void {
    this.#queue(replyOf(bytes, 'forKnown'));
  }

  #queue(reply: PendingReply): void {
    this.#options.line.push(reply);
    this.#options.pump();
  }
}

/** Of these we keep what they said: passed on unread, they would be forgotten in a failover. */
const readWhole: ReadonlySet<CommandTraits['route']> = new Set([
  'subscription',
  'tracking',
  'monitor',
  'session',
  'refused',
] as const);
const cutOff = notExecuted('its connection was ended before all of it came');
const tooMuchWaits = notExecuted('too much is waiting');
