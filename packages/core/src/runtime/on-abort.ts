/**
 * Calls back when the signal aborts. Thousands of clients may listen to one signal, which Node would warn about
 * and search from end to end for each one that leaves; this is one listener and a set.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = listeners.get(signal);
  if (callbacks === undefined) {
    const made = new Set<() => void>();
    callbacks = made;
    listeners.set(signal, made);
    signal.addEventListener(
      'abort',
      () => {
        for (const each of [...made]) each();
        made.clear();
      },
      { once: true },
    );
  }
  const set = callbacks;
  set.add(callback);
  return () => {
    set.delete(callback);
  };
}

const listeners = new WeakMap<AbortSignal, Set<() => void>>();
