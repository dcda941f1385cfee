export type MuteMode = 'on' | 'off' | 'skip';

/** CLIENT REPLY: which answers a client does not want. Messages of subscriptions come all the same. */
export class Mute {
  #state: 'none' | 'all' | 'next' | 'one' = 'none';

  /** What is answered now is not written. */
  get isOn(): boolean {
    return this.#state === 'all' || this.#state === 'one';
  }

  /** One command goes alone, so that its answer is not taken for another's. */
  get isForOne(): boolean {
    return this.#state === 'next' || this.#state === 'one';
  }

  set(mode: MuteMode): void {
    if (mode !== 'skip') this.#state = mode === 'off' ? 'all' : 'none';
    else if (this.#state !== 'all') this.#state = 'next';
  }

  /** A command is sent, or answered here: if SKIP was said, it is the one that is meant. */
  begin(): void {
    if (this.#state === 'next') this.#state = 'one';
  }

  /** It was answered. */
  settled(): void {
    if (this.#state === 'one') this.#state = 'none';
  }
}
