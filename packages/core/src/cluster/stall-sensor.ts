import { isOwnStall } from '../health/index.ts';
import type { Cancel, Runtime } from '../runtime/runtime.ts';

/** ms between two looks: a stall that is shorter is nobody's trouble. */
const everyMs = 100;

/** Notices that this process stood still (event loop blocked, machine suspended) and tells for how long. */
export function senseStalls(runtime: Runtime, tell: (forMs: number) => void): Cancel {
  let cancel: Cancel = () => undefined;
  const look = (dueAt: number): void => {
    const now = runtime.now();
    if (isOwnStall(dueAt, now)) tell(now - dueAt);
    cancel = runtime.after(everyMs, () => {
      look(now + everyMs);
    });
  };
  look(runtime.now());
  return () => {
    cancel();
  };
}
