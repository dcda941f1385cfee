import type { Member, Pace, Report, Runtime } from '@failover/core';
import { withTls } from '@failover/core';
import { Observable } from 'rxjs';
import type { RedisConfig } from './config.ts';
import { mapAddresses } from './map-addresses.ts';
import { watchSentinel } from './monitor/watch-sentinel.ts';
import { watchServer } from './monitor/watch-server.ts';
import type { RedisReply } from './replies.ts';

/** Asks one member again and again on its own connections, until nobody listens. Never the driver: see ARCHITECTURE. */
export function watch(
  member: Member,
  config: RedisConfig,
  pace$: Observable<Pace>,
  runtime: Runtime,
): Observable<Report<RedisReply>> {
  return new Observable((subscriber) => {
    const [start, tls] =
      member.kind === 'witness'
        ? ([watchSentinel, config.sentinelTls] as const)
        : ([watchServer, config.tls] as const);
    const complain = complainer(member, runtime);
    return start(member, config, pace$, withTls(runtime, tls), (report) => {
      if (report.type !== 'said') {
        subscriber.next(report);
        return;
      }
      complain(report.reply);
      subscriber.next({ ...report, reply: mapAddresses(report.reply, config.addresses) });
    });
  });
}

/** What only a person can repair, said once for each kind: a right that is missing, a name that nobody knows. */
function complainer(member: Member, runtime: Runtime): (reply: RedisReply) => void {
  const told = new Set<string>();
  return (reply) => {
    const problem =
      reply.type === 'unknownMaster'
        ? `does not know the master name ${reply.name}`
        : reply.type === 'errorReply' && reply.code !== 'LOADING'
          ? `refused to be watched: ${reply.text}`
          : undefined;
    if (problem === undefined || told.has(problem)) return;
    told.add(problem);
    runtime.log('warn', `${member.endpoint} ${problem}`, { server: member.endpoint });
  };
}
