import { availableOf } from '../../contender/available.ts';
import type { Contender } from './contender.ts';
import { failoverInProcess, failoverProcess } from './failover.ts';
import { connectionManager, haproxyReconnecting, rabbitmqClient, rascal } from './peers.ts';

const CONTENDERS: readonly Contender[] = [
  failoverInProcess,
  failoverProcess,
  connectionManager,
  rabbitmqClient,
  rascal,
  haproxyReconnecting,
];

export const available = (only: readonly string[] | undefined): readonly Contender[] =>
  availableOf(CONTENDERS, only);
