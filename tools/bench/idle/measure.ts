import type { ChildProcess } from 'node:child_process';
import { pause } from '../clock.ts';
import { end } from '../process/child.ts';
import { residentBytes } from '../process/memory.ts';
import { startModule, talkWith } from '../process/module.ts';
import type { IdleNews } from './open.ts';

export interface IdleCost {
  /** Of the process, as the kernel counts it. */
  readonly beforeBytes: number;
  readonly afterBytes: number;
  readonly bytesPerConnection: number;
}

export interface IdleClients {
  readonly name: string;
  /** Calls `openIdle`. */
  readonly module: URL;
  readonly processes: number;
  /** ms until a process has opened its share. */
  readonly openLimitMs: number;
  /** What one process is told, to open so many. */
  settings(connections: number): unknown;
}

/** Open before the first look: compiled code and a first heap are no connection's. */
export const WARM_CONNECTIONS = 100;
/** ms in which the collector has its turn, or not: the process is measured as it stands. */
const REST_MS = 3000;

/** What each of so many idle connections costs the process that serves them. */
export async function measureIdle(
  pid: number,
  connections: number,
  { name, module, processes, openLimitMs, settings }: IdleClients,
): Promise<IdleCost> {
  const children: ChildProcess[] = [];
  const open = async (count: number): Promise<void> => {
    const child = startModule(module, settings(count));
    children.push(child);
    await talkWith<never, IdleNews>(child, `idle clients of ${name}`).next('open', openLimitMs);
  };
  try {
    await open(WARM_CONNECTIONS);
    await pause(REST_MS);
    const beforeBytes = residentBytes(pid);
    const shares = Array.from({ length: processes }, (_, at) => Math.floor((connections + at) / processes));
    await Promise.all(shares.map(open));
    await pause(REST_MS);
    const afterBytes = residentBytes(pid);
    return { beforeBytes, afterBytes, bytesPerConnection: (afterBytes - beforeBytes) / connections };
  } finally {
    await Promise.all(children.map(end));
  }
}
