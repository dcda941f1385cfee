export type { Fault, FaultKind, Inject } from './fault.ts';
export { runNemesis, type NemesisOptions, type Strike } from './nemesis.ts';
export { schedule, type Range, type ScheduledFault, type ScheduleOptions } from './schedule.ts';
