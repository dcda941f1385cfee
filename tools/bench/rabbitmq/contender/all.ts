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

/** Those that were asked for and can run here; what is left out is said, never dropped silently. */
export function available(only: readonly string[] | undefined): readonly Contender[] {
  const unknown = only?.filter((name) => !CONTENDERS.some((contender) => contender.name === name)) ?? [];
  if (unknown.length > 0) {
    const known = CONTENDERS.map((contender) => contender.name).join(', ');
    throw new Error(`no contender named ${unknown.join(', ')}; there are: ${known}`);
  }
  return CONTENDERS.filter((contender) => only?.includes(contender.name) ?? true).filter((contender) => {
    const why = contender.missing();
    if (why !== undefined) console.log(`SKIPPED ${contender.name}: ${why}`);
    return why === undefined;
  });
}
