/** Time, injected: core's `Runtime` fits. */
export interface WorkloadClock {
  /** Monotonic ms. */
  now(): number;
  /** Returns how to call it off. */
  after(ms: number, callback: () => void): () => void;
}

/** Resolves after so many ms, or at once when the signal aborts; no timer stays behind. */
export function elapse(clock: WorkloadClock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = (): void => {
      cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    signal?.addEventListener('abort', finish);
  });
}
