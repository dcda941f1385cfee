import { cpuMs } from '../../process/cpu.ts';
import { type Random, shuffled } from '../../random.ts';
import type { Field, Lane } from './field.ts';
import type { Latencies, Slice } from './meter/orders.ts';

export interface Size {
  readonly rounds: number;
  /** Turns of each lane before the first round: they are the compiler's. */
  readonly warmTurns: number;
  readonly publishMs: number;
  readonly consumeMessages: number;
}

export interface SliceRun {
  readonly type: 'slice';
  readonly part: string;
  readonly round: number;
  readonly kind: Slice['type'];
  readonly route: string;
  readonly perSecond: number;
  readonly messages: number;
  /** Of the process in between, in steps of 10 ms; 0 where there is none. */
  readonly cpuMs: number;
}

export interface LatencyRun extends Latencies {
  readonly type: 'latency';
  readonly round: number;
  readonly route: string;
  readonly ratePerSecond: number;
}

const IN_FLIGHT = 300;
export const BODY_BYTES = 100;

/** Short turns in random order, so that whatever slows the machine slows all. */
export async function measureRounds(
  part: string,
  { place, lanes }: Field,
  size: Size,
  random: Random,
): Promise<readonly SliceRun[]> {
  const slices: readonly Slice[] = [
    { type: 'publish', inFlight: IN_FLIGHT, lengthMs: size.publishMs, bodyBytes: BODY_BYTES },
    { type: 'consume', prefetch: IN_FLIGHT, messages: size.consumeMessages, bodyBytes: BODY_BYTES },
  ];
  for (let turn = 0; turn < size.warmTurns; turn += 1)
    for (const slice of slices) for (const { meter } of lanes) await meter.slice(place, slice);

  const runs: SliceRun[] = [];
  for (let round = 1; round <= size.rounds; round += 1) {
    for (const slice of shuffled(slices, random)) {
      for (const lane of shuffled(lanes, random)) {
        const before = cpuOf(lane);
        const { perSecond, messages } = await lane.meter.slice(place, slice);
        const used = cpuOf(lane) - before;
        const found = { perSecond, messages, cpuMs: used };
        runs.push({ type: 'slice', part, round, kind: slice.type, route: lane.name, ...found });
      }
    }
  }
  return runs;
}

function cpuOf({ pid }: Lane): number {
  return pid === undefined ? 0 : cpuMs(pid);
}

export async function measureLatency(
  { place, lanes }: Field,
  rounds: number,
  load: { readonly ratePerSecond: number; readonly warmMs: number; readonly lengthMs: number },
  random: Random,
): Promise<readonly LatencyRun[]> {
  const runs: LatencyRun[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, meter } of shuffled(lanes, random)) {
      const found = await meter.openLoop(place, { ...load, bodyBytes: BODY_BYTES });
      runs.push({ type: 'latency', round, route: name, ratePerSecond: load.ratePerSecond, ...found });
    }
  }
  return runs;
}
