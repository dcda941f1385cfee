import type { Ms } from '../model/index.ts';
import type { Cancel, Runtime } from '../runtime/runtime.ts';

/** One timer that is set again and again. */
export interface Alarm {
  /** In place of the time before; `undefined` sets it off. */
  set(at: Ms | undefined): void;
}

/** @param ring gets a time that is not earlier than asked for, whatever the clock's rounding */
export function createAlarm(runtime: Pick<Runtime, 'now' | 'after'>, ring: (at: Ms) => void): Alarm {
  let dueAt: Ms | undefined;
  let cancel: Cancel = () => undefined;
  return {
    set(at) {
      if (at === dueAt) return;
      cancel();
      dueAt = at;
      if (at === undefined) return;
      cancel = runtime.after(Math.max(0, at - runtime.now()), () => {
        dueAt = undefined;
        ring(Math.max(runtime.now(), at));
      });
    },
  };
}
