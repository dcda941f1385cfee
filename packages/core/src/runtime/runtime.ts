import type { Duplex } from 'node:stream';
import type { EndpointId, Ms } from '../model/index.ts';

/** Everything impure that the engine needs, in one argument: swap it and the same code runs in virtual time. */
export interface Runtime {
  /** Monotonic, in ms with fractions. */
  now(): Ms;
  /** Calls `callback` once, not before `ms` have passed. It keeps the process alive, as a socket does. */
  after(ms: number, callback: () => void): Cancel;
  /** Uniform in [0, 1). */
  random(): number;
  /** Starts to connect at once; emits `connect` on success, `error` then `close` otherwise. Has no deadline itself. */
  connect(endpoint: EndpointId): Duplex;
  readonly log: Log;
}

export type Cancel = () => void;

/** Structured log: a message for people and fields for machines. Never a secret, never user data. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

export const silentLog: Log = () => undefined;
