export { freePorts } from './free-ports.ts';
export { createLogRing, type LogRing } from './log-ring.ts';
export {
  startProcess,
  ProcessStartError,
  type ProcessExit,
  type ProcessOptions,
  type SupervisedProcess,
} from './start-process.ts';
