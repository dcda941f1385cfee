export { checkHistory, type Claims, type Verdict } from './check-history.ts';
export type { Doubled } from './doubled.ts';
export type { Example, Finding } from './finding.ts';
export { HistoryFormatError, openHistory, readHistory, type HistoryWriter } from './history-file.ts';
export type { Lost } from './lost.ts';
export {
  clientOf,
  type AppendRecord,
  type FinalState,
  type IncrementRecord,
  type OperationRecord,
  type ReadCounterRecord,
  type ReadRecord,
  type RecordedOutcome,
} from './operation-record.ts';
export type { Succession } from './succession.ts';
