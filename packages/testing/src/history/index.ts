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
  type Recorded,
  type RecordedOutcome,
} from './operation-record.ts';
export type { OutcomeCounts } from './outcome-counts.ts';
export type { Period } from './period.ts';
export type { BackendAct } from './pub-sub/backend-act.ts';
export { checkPubSub, type PubSubClaims, type PubSubVerdict } from './pub-sub/check-pub-sub.ts';
export type {
  GapRecord,
  HeardRecord,
  PublishRecord,
  PubSubRecord,
  Subscriber,
} from './pub-sub/pub-sub-record.ts';
export { checkQueues, type QueueClaims, type QueueVerdict } from './queue/check-queues.ts';
export type { FinalQueues, PopRecord, PushRecord, QueueRecord } from './queue/queue-record.ts';
export type { Succession, Successions } from './succession.ts';
export { checkTransactions, type TransactionVerdict } from './transaction/check-transactions.ts';
export type {
  AppendTogetherRecord,
  CompareAndSetRecord,
  FinalTransactions,
  ReadTogetherRecord,
  TransactionRecord,
} from './transaction/transaction-record.ts';
