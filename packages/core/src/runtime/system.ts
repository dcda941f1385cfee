import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { hostOf, portOf } from '../model/index.ts';
import type { Log, Runtime } from './runtime.ts';
import { silentLog } from './runtime.ts';

/** The real clock, timers, random source and TCP. */
export function systemRuntime(options: { readonly log?: Log } = {}): Runtime {
  return {
    now: () => performance.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, Math.ceil(ms));
      return () => {
        clearTimeout(timer);
      };
    },
    random: () => Math.random(),
    connect: (endpoint) =>
      connect({ host: hostOf(endpoint), port: portOf(endpoint), noDelay: true, keepAlive: true }),
    log: options.log ?? silentLog,
  };
}
