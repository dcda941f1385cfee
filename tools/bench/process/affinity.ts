import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/**
 * Keeps a process, with all its threads, on these CPUs: a generator that does not sleep would otherwise be measured
 * as latency of whatever the kernel puts behind it. Returns whether it worked.
 */
export function keepOn(cpus: string, pids: readonly number[]): boolean {
  return pids.every((pid) => spawnSync('taskset', ['-acp', cpus, String(pid)]).status === 0);
}

/** A CPU for the generator alone and the others for what it measures; undefined where there is only one. */
export function separateCpus(): { readonly generator: string; readonly others: string } | undefined {
  const count = availableParallelism();
  return count < 2 ? undefined : { generator: '0', others: `1-${String(count - 1)}` };
}
