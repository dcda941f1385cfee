import type { Member, Pace, Report, Runtime } from '@failover/core';
import { startProbe } from '@failover/core';
import type { Observable } from 'rxjs';
import type { RabbitConfig } from '../config.ts';
import type { RabbitReply } from '../replies.ts';
import { openAsked } from './connection.ts';

/** ms between two questions. One small RPC; what a hung node costs hangs on it. */
const everyMs: Readonly<Record<Pace, number>> = { idle: 500, alert: 200, fast: 100 };
/** ms at most between two attempts to connect: RabbitMQ logs each. */
const retryMs: Readonly<Record<Pace, number>> = { idle: 1000, alert: 500, fast: 100 };

/** Watches one node by a connection of its own. An alarm is told by the node itself. */
export function watchNode(
  member: Member,
  config: RabbitConfig,
  pace$: Observable<Pace>,
  runtime: Runtime,
  report: (report: Report<RabbitReply>) => void,
): () => void {
  const probe = startProbe<RabbitReply>({
    member,
    runtime,
    everyMs,
    retryMs,
    open: (events) => {
      const opened = openAsked(member.endpoint, config, runtime, {
        ...events,
        onUnasked(reply) {
          report({ type: 'said', member, openedAt: opened.openedAt, reply });
        },
      });
      return opened;
    },
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
