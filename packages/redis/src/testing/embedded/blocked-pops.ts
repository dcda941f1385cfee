import type { Cancel, Runtime } from '@failover/core';
import { array, bulk, error, nullArray, type RespValue } from '../../protocol/value.ts';
import type { ListEnd } from './list-commands.ts';
import type { Session } from './session.ts';

export interface BlockedPop {
  readonly session: Session;
  readonly db: number;
  readonly keys: readonly Buffer[];
  readonly end: ListEnd;
}

/** BLPOP and BRPOP that found nothing: the first to come is the first served. */
export interface BlockedPops {
  add(pop: BlockedPop, timeoutMs: number): void;
  /** Something was pushed somewhere. */
  serve(): void;
  /** Ends all of them with an error, because this server may no longer write. */
  refuseAll(text: string): void;
  forget(session: Session): void;
}

/** `take` pops the first item of the keys, and tells replicas; `done` lets the session go on. */
export function createBlockedPops(
  runtime: Runtime,
  take: (pop: BlockedPop) => RespValue | undefined,
  done: (session: Session) => void,
): BlockedPops {
  const waiting = new Map<Session, BlockedPop & { readonly cancel: Cancel }>();

  function finish(session: Session, reply: RespValue): void {
    waiting.get(session)?.cancel();
    waiting.delete(session);
    session.unblock = undefined;
    session.reply(reply);
  }

  return {
    add(pop, timeoutMs) {
      const { session } = pop;
      const expire = (): void => {
        finish(session, nullArray);
        done(session);
      };
      const cancel = timeoutMs > 0 ? runtime.after(timeoutMs, expire) : () => undefined;
      waiting.set(session, { ...pop, cancel });
      session.unblock = (why) => {
        finish(session, why === 'error' ? error('UNBLOCKED client unblocked via CLIENT UNBLOCK') : nullArray);
        done(session);
      };
    },
    serve() {
      for (const [session, pop] of [...waiting]) {
        if (!waiting.has(session)) continue;
        const reply = take(pop);
        if (reply === undefined) continue;
        finish(session, reply);
        done(session);
      }
    },
    refuseAll(text) {
      for (const session of [...waiting.keys()]) {
        finish(session, error(text));
        session.end();
      }
    },
    forget(session) {
      waiting.get(session)?.cancel();
      waiting.delete(session);
      session.unblock = undefined;
    },
  };
}

export function popped(key: Buffer, item: Buffer): RespValue {
  return array([bulk(key), bulk(item)]);
}
