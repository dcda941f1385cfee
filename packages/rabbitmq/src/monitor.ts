import type { Member, Pace, Report, Runtime } from '@failover/core';
import { withTls } from '@failover/core';
import { Observable } from 'rxjs';
import type { RabbitConfig } from './config.ts';
import { watchManagement } from './monitor/watch-management.ts';
import { watchNode } from './monitor/watch-node.ts';
import type { RabbitReply } from './replies.ts';

/** Asks one member again and again on its own connections, until nobody listens. Never the driver: see ARCHITECTURE. */
export function watch(
  member: Member,
  config: RabbitConfig,
  pace$: Observable<Pace>,
  runtime: Runtime,
): Observable<Report<RabbitReply>> {
  return new Observable((subscriber) => {
    const complain = complainer(member, runtime);
    const [start, network] =
      member.kind === 'witness'
        ? ([watchManagement, runtime] as const)
        : ([watchNode, withTls(runtime, config.tls)] as const);
    return start(member, config, pace$, network, (report) => {
      if (report.type === 'failed') complain(report.reason);
      subscriber.next(report);
    });
  });
}

/** What only a person can repair, said once for each kind. */
function complainer(member: Member, runtime: Runtime): (reason: string) => void {
  const told = new Set<string>();
  return (reason) => {
    if (!/refused to be watched|answers 40[13]/.test(reason) || told.size >= 8 || told.has(reason)) return;
    told.add(reason);
    runtime.log('warn', `${member.endpoint}: ${reason}`, { server: member.endpoint });
  };
}
