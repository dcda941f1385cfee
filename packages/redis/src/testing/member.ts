import type { Restartable } from '@failover/testing';

/** One server or Sentinel that can be broken: a process, or a double of one. */
export type Member = Omit<Restartable, 'close'>;
