import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { Log } from '@failover/core';
import type { LogConfig } from '../config/index.ts';
import { prettyLine } from './pretty.ts';

export interface OpenLog {
  readonly log: Log;
  /** Writes out what is still in memory; call it before the process ends. */
  flush(): void;
}

/** Bytes of log that may wait for a reader that is slow; beyond it records are dropped, the process goes on. */
const maxWaitingBytes = 1024 * 1024;

/** A log on a file descriptor, 1 or 2: JSON for machines, or lines for people. */
export function createLog(config: LogConfig, fileDescriptor: 1 | 2): OpenLog {
  const isPretty = config.format === 'pretty' || (config.format === 'auto' && isatty(fileDescriptor));
  const options = {
    level: config.level,
    base: null,
    formatters: { level: (level: string) => ({ level }) },
  };
  if (isPretty) {
    const stream = fileDescriptor === 1 ? process.stdout : process.stderr;
    return toLog(pino(options, { write: (json: string) => stream.write(prettyLine(json)) }), () => undefined);
  }
  const destination = pino.destination({ dest: fileDescriptor, sync: false, maxLength: maxWaitingBytes });
  return toLog(pino(options, destination), () => {
    try {
      destination.flushSync();
    } catch {
      // Nothing was written yet, or nobody reads any more.
    }
  });
}

function toLog(logger: pino.Logger, flush: () => void): OpenLog {
  return {
    log(level, message, fields) {
      logger[level](fields ?? {}, message);
    },
    flush,
  };
}
