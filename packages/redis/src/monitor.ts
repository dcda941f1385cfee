import type { Member, Pace, Report, Runtime } from '@failover/core';
import { Observable } from 'rxjs';
import type { RedisConfig } from './config.ts';
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
    const start = member.kind === 'witness' ? watchSentinel : watchServer;
    return start(member, config, pace$, runtime, (report) => {
      subscriber.next(report);
    });
  });
}
