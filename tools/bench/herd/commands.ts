/** How often each command was executed or refused, from `INFO commandstats`. */
export type CommandCounts = ReadonlyMap<string, number>;

export function parseCommandStats(info: string): CommandCounts {
  const counts = new Map<string, number>();
  for (const line of info.split(/\r?\n/)) {
    const match = /^cmdstat_([^:]+):calls=(\d+).*?rejected_calls=(\d+)/.exec(line);
    if (match?.[1] !== undefined) counts.set(match[1], Number(match[2]) + Number(match[3]));
  }
  return counts;
}

/** The load's own and the servers' replication, which a replica executes too. */
const NOT_PROBES: ReadonlySet<string> = new Set(['incr', 'rpush', 'replconf', 'psync', 'publish', 'ping']);

/** Commands that were sent to learn something. PING is left out: a primary sends it to its replicas each second. */
export function probeCount(counts: CommandCounts): number {
  let total = 0;
  for (const [command, count] of counts) if (!NOT_PROBES.has(command)) total += count;
  return total;
}

export interface Sample {
  readonly at: number;
  readonly count: number;
}

/**
 * The most within any one second, less what the bench itself asks in that time. A count that fell is a server that
 * was restarted: it starts again at 0.
 */
export function peakPerSecond(samples: readonly Sample[], ownPerSecond = 0): number {
  let peak = 0;
  for (const [index, from] of samples.entries()) {
    let sum = 0;
    for (let next = index + 1; next < samples.length; next++) {
      const [before, after] = [samples[next - 1] as Sample, samples[next] as Sample];
      if (after.at - from.at > 1100) break;
      sum += after.count >= before.count ? after.count - before.count : after.count;
      peak = Math.max(peak, sum - (ownPerSecond * (after.at - from.at)) / 1000);
    }
  }
  return Math.round(peak);
}
