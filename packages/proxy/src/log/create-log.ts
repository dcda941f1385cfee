import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { Log } from '@failover/core';
import type { LogConfig } from '../config/index.ts';
import { createDestination, type Destination } from './destination.ts';
import { prettyLine } from './pretty.ts';

export interface OpenLog extends Pick<Destination, 'flush' | 'flushNow'> {
  readonly log: Log;
}

/** A log on a file descriptor: JSON for machines, or lines for people. */
export function createLog(config: LogConfig, fileDescriptor: number): OpenLog {
  const isPretty = config.format === 'pretty' || (config.format === 'auto' && isatty(fileDescriptor));
  const destination = createDestination(fileDescriptor);
  const logger = pino(
    { level: config.level, base: null, formatters: { level: (level: string) => ({ level }) } },
    isPretty ? { write: (json: string) => destination.write(prettyLine(json)) } : destination,
  );
  return {
    log(level, message, fields) {
      logger[level](fields ?? {}, message);
    },
    flush: () => destination.flush(),
    flushNow: () => destination.flushNow(),
  };
}
