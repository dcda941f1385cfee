export { defaultCacheFolder } from './cache-folder.ts';
export { freePorts, isFree } from './free-ports.ts';
export { createLogRing, type LogRing } from './log-ring.ts';
export { restartable, type Restartable } from './restartable.ts';
export { runBounded, type CommandResult } from './run-bounded.ts';
export {
  startProcess,
  ProcessStartError,
  type ProcessExit,
  type ProcessOptions,
  type SupervisedProcess,
} from './start-process.ts';
export { untilAnswers, type AnswerOptions } from './until-answers.ts';
