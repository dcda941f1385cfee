import type { Unit } from './unit.ts';

/**
 * What came of the unit at the head of the line.
 * - `gone`: it needs nothing any more of what comes behind it.
 * - `stays`: until more of it has come, or what is in flight was answered.
 * - `noShard`: nobody is known to serve what it needs.
 */
export type Step = 'gone' | 'stays' | 'noShard';

/** Commands that wait: for the rest of a large one, for a shard, or until nothing is in flight. */
export class UnitLine {
  #units: Unit[] = [];
  #bytes = 0;

  get size(): number {
    return this.#units.length;
  }

  get bytes(): number {
    return this.#bytes + (this.last?.large?.bytes ?? 0);
  }

  get head(): Unit | undefined {
    return this.#units[0];
  }

  get last(): Unit | undefined {
    return this.#units.at(-1);
  }

  push(unit: Unit): void {
    this.#units.push(unit);
    this.#bytes += unit.bytes.length;
  }

  shift(): void {
    this.#bytes -= this.#units.shift()?.bytes.length ?? 0;
  }

  putInFront(unit: Unit): void {
    this.#units.unshift(unit);
    this.#bytes += unit.bytes.length;
  }

  /** Nobody waits any more for the others. */
  keep(isKept: (unit: Unit) => boolean): void {
    this.#units = this.#units.filter(isKept);
    this.#bytes = this.#units.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
}
