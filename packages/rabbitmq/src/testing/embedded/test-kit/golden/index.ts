import { connections } from './connections.ts';
import { consumers } from './consumers.ts';
import { declarations } from './declarations.ts';
import { deliveries } from './deliveries.ts';
import { exchanges } from './exchanges.ts';
import { locks } from './locks.ts';
import { publishing } from './publishing.ts';
import { queues } from './queues.ts';
import type { Scenarios } from './scenario.ts';

/** What clients say, and what they then hear, by subject. */
export const subjects: Readonly<Record<string, Scenarios>> = {
  connections,
  exchanges,
  declarations,
  queues,
  locks,
  publishing,
  deliveries,
  consumers,
};
