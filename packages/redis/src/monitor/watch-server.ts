import type { Member, Pace, Probe, Report, Runtime } from '@failover/core';
import { startProbe } from '@failover/core';
import type { Observable } from 'rxjs';
import type { RedisConfig } from '../config.ts';
import { readRole } from '../read-reply.ts';
import type { RedisReply } from '../replies.ts';
import type { Question } from './asked-connection.ts';
import { openAsked } from './asked-connection.ts';

/**
 * ms between two ROLE. Idle 500: two commands a second for each client. Alert 100: suspicion is short. Fast 20,
 * for the one chosen successor only, as a backup of the close of its connections.
 */
const everyMs: Readonly<Record<Pace, number>> = { idle: 500, alert: 100, fast: 20 };
/** ms at most between two attempts to connect: 200 clients must not flood an address that refuses them. */
const retryMs: Readonly<Record<Pace, number>> = { idle: 1000, alert: 250, fast: 20 };

/** Watches one server that holds data, by what it says of its own role. */
export function watchServer(
  member: Member,
  config: RedisConfig,
  pace$: Observable<Pace>,
  runtime: Runtime,
  report: (report: Report<RedisReply>) => void,
): () => void {
  const { username, password, connectTimeoutMs, maxReplicaLagBytes } = config;
  const questions: readonly Question[] = [
    { args: ['ROLE'], read: (value) => readRole(value, maxReplicaLagBytes) },
  ];
  const probe: Probe = startProbe({
    member,
    runtime,
    everyMs,
    retryMs,
    open: (events) =>
      openAsked(member.endpoint, { username, password, connectTimeoutMs }, runtime, () => questions, events),
    report,
  });
  const pace = pace$.subscribe((next) => {
    probe.setPace(next);
  });
  return () => {
    pace.unsubscribe();
    probe.close();
  };
}
