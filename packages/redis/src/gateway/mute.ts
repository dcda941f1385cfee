/** CLIENT REPLY: which answers a client does not want. Messages of subscriptions come all the same. */
export interface Mute {
  /** What is answered now is not written. */
  readonly isOn: boolean;
  /** One command goes alone, so that its answer is not taken for another's. */
  readonly isForOne: boolean;
  set(mode: MuteMode): void;
  /** A command is sent, or answered here: if SKIP was said, it is the one that is meant. */
  begin(): void;
  /** It was answered. */
  settled(): void;
}

export type MuteMode = 'on' | 'off' | 'skip';

export function createMute(): Mute {
  let state: 'none' | 'all' | 'next' | 'one' = 'none';
  return {
    get isOn() {
      return state === 'all' || state === 'one';
    },
    get isForOne() {
      return state === 'next' || state === 'one';
    },
    set(mode) {
      if (mode === 'skip') state = state === 'all' ? state : 'next';
      else state = mode === 'off' ? 'all' : 'none';
    },
    begin() {
      if (state === 'next') state = 'one';
    },
    settled() {
      if (state === 'one') state = 'none';
    },
  };
}
