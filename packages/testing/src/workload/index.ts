export type { WorkloadClock } from './clock.ts';
export { countUnderWay } from './count-under-way.ts';
export type { CounterRead, Evidence, ListRead, Operations, RejectedOutcome } from './operations.ts';
export { defaultMix, type Mix } from './plan.ts';
export { runWorkload, type WorkloadOptions, type WorkloadResult } from './run-workload.ts';
