import type { Unit } from './unit.ts';

/** What a client set up on its connection, to be set up again on each connection to a shard that is opened later. */
export class LaneState {
  readonly #commands = new Map<string, Uint8Array>();

  /** The servers took it. */
  taken({ args, bytes, traits }: Unit): void {
    const words = args.map((arg) => arg.toString('latin1').toUpperCase());
    if (traits.name === 'RESET') this.#commands.clear();
    const key = keyOf(words);
    if (key === undefined) return;
    // The last word counts, and comes last: AUTH behind HELLO is another user than before it.
    this.#commands.delete(key);
    this.#commands.set(key, Uint8Array.from(bytes));
  }

  get commands(): Iterable<Uint8Array> {
    return this.#commands.values();
  }
}

function keyOf([name = '', second = '', third = '']: readonly string[]): string | undefined {
  if (name === 'HELLO' || name === 'AUTH' || name === 'SELECT') return name;
  if (name !== 'CLIENT') return undefined;
  if (second === 'SETINFO') return `${second} ${third}`;
  return ['SETNAME', 'TRACKING', 'NO-EVICT', 'NO-TOUCH'].includes(second) ? second : undefined;
}
