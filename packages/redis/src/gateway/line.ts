import type { Pending } from './pending.ts';
import { sizeOf } from './pending.ts';

const bytesOf = (pending: Pending): number => (pending.type === 'large' ? 0 : sizeOf(pending));

/** First in, first out; and what was taken out too early goes back to the front. */
export class Line {
  /** Of what waits. A large command is not in it: it goes on while it arrives, and is bounded by itself. */
  bytes = 0;
  #items: Pending[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  get head(): Pending | undefined {
    return this.#items[this.#first];
  }

  get last(): Pending | undefined {
    return this.#items.length > this.#first ? this.#items[this.#items.length - 1] : undefined;
  }

  /** A subscriber waits for a connection that none of its commands needs. */
  get isRestoring(): boolean {
    return this.#items.some(({ type }, at) => at >= this.#first && type === 'restore');
  }

  push(pending: Pending): void {
    this.#items.push(pending);
    this.bytes += bytesOf(pending);
  }

  shift(): void {
    const gone = this.#items[this.#first];
    if (gone === undefined) return;
    this.#first += 1;
    this.bytes -= bytesOf(gone);
    if (this.#first === this.#items.length) {
      this.#items = [];
      this.#first = 0;
      this.bytes = 0;
    } else if (this.#first > 32 && this.#first * 2 > this.#items.length) {
      // Moving the rest costs its length, so do it only when half of the list is gone.
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
  }

  putInFront(pending: readonly Pending[]): void {
    this.#items = [...pending, ...this.#items.slice(this.#first)];
    this.#first = 0;
    for (const each of pending) this.bytes += bytesOf(each);
  }

  /** The same place in line, something else in it. */
  replace(pending: Pending, by: Pending): void {
    const at = this.#items.indexOf(pending, this.#first);
    if (at === -1) return;
    this.#items[at] = by;
    this.bytes += bytesOf(by) - bytesOf(pending);
  }

  /** Takes everything out. */
  drain(): readonly Pending[] {
    const all = this.#items.slice(this.#first);
    this.#items = [];
    this.#first = 0;
    this.bytes = 0;
    return all;
  }
}
