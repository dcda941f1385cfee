import type { ChildProcess } from 'node:child_process';
import { pause } from '../clock.ts';
import { end } from '../process/child.ts';
import { residentBytes } from '../process/memory.ts';
import { nextMessage, startModule } from '../process/module.ts';
import type { StartedVariant } from '../throughput/variant.ts';
import type { IdleNews, IdleSettings } from './orders.ts';

export interface IdleFound {
  readonly variant: string;
  readonly connections: number;
  readonly beforeBytes: number;
  readonly afterBytes: number;
  readonly bytesPerConnection: number;
}

/** Open before the first look: compiled code and a first heap are no connection's. */
const WARM_CONNECTIONS = 100;
const PROCESSES = 4;
/** ms in which the collector has its turn, or not: the process is measured as it stands. */
const REST_MS = 3000;
const OPEN_LIMIT_MS = 60_000;

/** What an idle client costs a process in between; undefined where there is none. */
export async function measureIdle(
  { name, port, pid }: StartedVariant,
  connections: number,
): Promise<IdleFound | undefined> {
  if (pid === undefined) return undefined;
  const children: ChildProcess[] = [];
  const open = async (count: number): Promise<void> => {
    const settings: IdleSettings = { port, connections: count };
    const child = startModule(new URL('./main.ts', import.meta.url), settings);
    children.push(child);
    const news = await nextMessage(child, 'idle connections are open', OPEN_LIMIT_MS, isNews);
    if (news.type === 'failed') throw new Error(`${name}: ${news.reason}`);
  };
  try {
    await open(WARM_CONNECTIONS);
    await pause(REST_MS);
    const beforeBytes = residentBytes(pid);
    const left = connections - WARM_CONNECTIONS;
    const shares = Array.from({ length: PROCESSES }, (_, at) => Math.floor((left + at) / PROCESSES));
    await Promise.all(shares.map(open));
    await pause(REST_MS);
    const afterBytes = residentBytes(pid);
    const bytesPerConnection = (afterBytes - beforeBytes) / left;
    return { variant: name, connections, beforeBytes, afterBytes, bytesPerConnection };
  } finally {
    await Promise.all(children.map(end));
  }
}

const isNews = (message: unknown): message is IdleNews =>
  typeof message === 'object' && message !== null && 'type' in message;
