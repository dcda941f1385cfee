import type { Ms } from '@failover/core';
import type { GatewayContext } from '../context.ts';
import type { IntakeEvents } from '../intake.ts';
import { splitRun } from '../split-run.ts';
import type { Unit } from './unit.ts';
import { largeUnitOf, unitOf } from './unit.ts';
import type { UnitLine } from './unit-line.ts';

export interface UnitIntakeOptions {
  readonly context: Pick<GatewayContext, 'commands' | 'tick' | 'holdMs'>;
  readonly line: UnitLine;
  /** The line is longer, or more of its last unit is there. */
  pump(): void;
  /** More of a large command is there. */
  grew(): void;
  violated(problem: string): void;
}

/** Puts what the intake reads into the line, command by command. */
export class UnitIntake implements IntakeEvents {
  readonly #options: UnitIntakeOptions;

  constructor(options: UnitIntakeOptions) {
    this.#options = options;
  }

  run(bytes: Uint8Array, from: number, to: number): void {
    const { commands } = this.#options.context;
    for (const sent of splitRun(commands, bytes, from, to)) {
      this.#accept(unitOf(sent.bytes.subarray(sent.from, sent.to), sent.traits, this.#deadline()));
    }
  }

  command(bytes: Uint8Array, index: number): void {
    const { commands } = this.#options.context;
    const own = commands.traits[index];
    const unit = unitOf(bytes, own ?? commands.traitsOf(0, () => ''), this.#deadline());
    const traits = commands.traitsOf(index, () => unit.args[1]?.toString('latin1') ?? '');
    this.#accept(traits === own ? unit : unitOf(bytes, traits, this.#deadline()));
  }

  part(bytes: Uint8Array, index: number, isFirst: boolean, isLast: boolean): void {
    if (isFirst) this.#begin(bytes, index);
    const large = this.#options.line.last?.large;
    if (large === undefined) return;
    if (!isFirst) {
      large.parts.push(bytes);
      large.bytes += bytes.length;
    }
    large.isWhole = isLast;
    this.#options.grew();
  }

  violation(problem: string): void {
    this.#options.violated(problem);
  }

  /** Of a command of which only the beginning is there. */
  #begin(bytes: Uint8Array, index: number): void {
    const traits = this.#options.context.commands.traitsOf(index, () => '');
    this.#options.line.push(largeUnitOf(bytes, traits, this.#deadline()));
  }

  #accept(unit: Unit): void {
    this.#options.line.push(unit);
    this.#options.pump();
  }

  #deadline(): Ms {
    const { tick, holdMs } = this.#options.context;
    return tick.now() + holdMs;
  }
}
