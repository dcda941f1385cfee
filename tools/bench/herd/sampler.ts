import { now, pause } from '../clock.ts';
import { ask, text } from '../wire/ask.ts';
import { parseCommandStats, probeCount, type Sample } from './commands.ts';

const EVERY_MS = 250;

/** Counts what each server and each Sentinel is asked, until it is stopped. */
export interface Sampler {
  stop(): Promise<ReadonlyMap<number, readonly Sample[]>>;
}

/** A Sentinel has no commandstats: of it, all commands count. */
async function commandsOfSentinel(port: number): Promise<number> {
  const info = text(await ask(port, ['INFO', 'stats'], 200));
  return Number(/total_commands_processed:(\d+)/.exec(info)?.[1] ?? NaN);
}

async function probesOfServer(port: number): Promise<number> {
  return probeCount(parseCommandStats(text(await ask(port, ['INFO', 'commandstats'], 200))));
}

export function startSampler(serverPorts: readonly number[], sentinelPorts: readonly number[]): Sampler {
  const samples = new Map<number, Sample[]>([...serverPorts, ...sentinelPorts].map((port) => [port, []]));
  let isStopped = false;
  // Each sample is a command itself.
  const sample = async (port: number, count: (port: number) => Promise<number>): Promise<void> => {
    for (let taken = 0; !isStopped; taken++) {
      const startedAt = now();
      const found = await count(port).catch(() => undefined);
      if (found !== undefined) samples.get(port)?.push({ at: startedAt, count: found - taken });
      await pause(startedAt + EVERY_MS - now());
    }
  };
  const done = Promise.all([
    ...serverPorts.map((port) => sample(port, probesOfServer)),
    ...sentinelPorts.map((port) => sample(port, commandsOfSentinel)),
  ]);
  return {
    async stop() {
      isStopped = true;
      await done;
      return samples;
    },
  };
}
