import { availableOf } from './available.ts';
import type { Contender } from './contender.ts';
import { failoverInProcess, failoverProcess } from './failover.ts';
import { haproxyFast, haproxyUsual } from './haproxy.ts';
import { ioredisDefault, ioredisDetector, nodeRedis } from './peers.ts';

export const CONTENDERS: readonly Contender[] = [
  failoverInProcess,
  failoverProcess,
  ioredisDefault,
  ioredisDetector,
  nodeRedis,
  haproxyUsual,
  haproxyFast,
];

export const available = (only: readonly string[] | undefined): readonly Contender[] =>
  availableOf(CONTENDERS, only);
