import { endpoint, type Cancel, type Member, type Pace, type Report, type Runtime } from '@failover/core';
import { Observable } from 'rxjs';
import type { Connection } from './connection.ts';
import { openConnection } from './connection.ts';
import type { MonitorReply } from './replies.ts';

/** ms between two questions to one server. */
const pauseMs: Readonly<Record<Pace, number>> = { idle: 200, alert: 50, fast: 20 };
/** ms: a server on a local network answers in one; longer than this is worth telling. */
const patienceMs = 300;
/** ms: after this a new connection is tried, since the old one may be lost without a word. */
const deadlineMs = 2_000;

/** Asks one server again and again on a connection of its own. A stopped process still accepts: silence counts. */
export function watch(
  member: Member,
  pace$: Observable<Pace>,
  runtime: Runtime,
): Observable<Report<MonitorReply>> {
  return new Observable((subscriber) => {
    let pace: Pace = 'idle';
    let connection: Connection | undefined;
    let openedAt = runtime.now();
    let stopTimer: Cancel = () => undefined;

    function ask(): void {
      if (connection === undefined || connection.isClosed) {
        openedAt = runtime.now();
        connection = openConnection(runtime, member.endpoint);
      }
      const askedAt = runtime.now();
      const tellSilence = (): void => {
        subscriber.next({ type: 'silent', member, openedAt, forMs: runtime.now() - askedAt });
        if (runtime.now() - askedAt >= deadlineMs) connection?.close('no answer in time');
        else stopTimer = runtime.after(patienceMs, tellSilence);
      };
      stopTimer = runtime.after(patienceMs, tellSilence);
      void connection.ask({ type: 'peers' }).then((answer) => {
        stopTimer();
        if (subscriber.closed) return;
        if (answer.type === 'reply' && answer.reply.type === 'text') {
          const peers = answer.reply.text.split(' ').map((text) => endpoint(text));
          subscriber.next({ type: 'said', member, openedAt, reply: { type: 'peers', peers } });
        } else {
          const reason = answer.type === 'failed' ? answer.failure.type : 'an error reply';
          subscriber.next({ type: 'failed', member, openedAt, reason });
        }
        stopTimer = runtime.after(pauseMs[pace], ask);
      });
    }

    const paces = pace$.subscribe((next) => (pace = next));
    ask();
    return () => {
      paces.unsubscribe();
      stopTimer();
      connection?.close('no longer watched');
    };
  });
}
