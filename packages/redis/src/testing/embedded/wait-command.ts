import type { Cancel, Runtime } from '@failover/core';
import { integer } from '../../protocol/value.ts';
import type { Replication } from './replication.ts';
import type { Session } from './session.ts';

/** WAIT: how many replicas have what this session wrote. */
export interface Waits {
  /** Answers at once if enough have it, else blocks the session. */
  add(session: Session, replicas: number, timeoutMs: number): void;
  /** Some replica got further. */
  check(): void;
  forget(session: Session): void;
}

export function createWaits(
  runtime: Runtime,
  replication: () => Replication,
  done: (session: Session) => void,
): Waits {
  const waiting = new Map<Session, { readonly replicas: number; readonly cancel: Cancel }>();

  const reached = (session: Session): number =>
    replication()
      .replicas()
      .filter(({ acknowledged }) => acknowledged >= session.writtenOffset).length;

  function finish(session: Session): void {
    waiting.get(session)?.cancel();
    waiting.delete(session);
    session.unblock = undefined;
    session.reply(integer(reached(session)));
    done(session);
  }

  return {
    add(session, replicas, timeoutMs) {
      if (reached(session) >= replicas) return session.reply(integer(reached(session)));
      const cancel = timeoutMs > 0 ? runtime.after(timeoutMs, () => finish(session)) : () => undefined;
      waiting.set(session, { replicas, cancel });
      session.unblock = () => finish(session);
      replication().askOffsets();
    },
    check() {
      for (const [session, { replicas }] of [...waiting]) if (reached(session) >= replicas) finish(session);
    },
    forget(session) {
      waiting.get(session)?.cancel();
      waiting.delete(session);
    },
  };
}
