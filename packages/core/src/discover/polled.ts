import { Observable } from 'rxjs';
import type { MemberList } from '../adapter.ts';
import type { Member, Ms } from '../model/index.ts';
import type { Cancel, Runtime } from '../runtime/runtime.ts';

export interface Polling {
  /** ms between two good answers. */
  readonly everyMs: number;
  /** ms one answer may take: a resolver that hangs is a failure like any other. */
  readonly deadlineMs: number;
}

/** ms before the first try after a failure; doubles up to `everyMs`. */
const firstRetryMs = 250;

/** Asks again and again, with a deadline on each answer; emits only what differs from the last emission. */
export function polledSource(
  source: string,
  polling: Polling,
  ask: () => Promise<readonly Member[]>,
  runtime: Runtime,
): Observable<MemberList> {
  return new Observable<MemberList>((subscriber) => {
    let retryMs = firstRetryMs;
    let last = '';
    let stop: Cancel = () => undefined;

    const emit = (list: MemberList): void => {
      const text = JSON.stringify(list);
      if (text === last) return;
      last = text;
      subscriber.next(list);
    };

    const next = (ms: Ms): void => {
      stop = runtime.after(ms * (0.9 + runtime.random() * 0.2), poll);
    };

    function poll(): void {
      let isOver = false;
      const finish = (list: MemberList): void => {
        if (isOver || subscriber.closed) return;
        isOver = true;
        stop();
        emit(list);
        if (list.type === 'members') {
          retryMs = firstRetryMs;
          next(polling.everyMs);
        } else {
          next(retryMs);
          retryMs = Math.min(retryMs * 2, polling.everyMs);
        }
      };
      stop = runtime.after(polling.deadlineMs, () => {
        finish({ type: 'failed', source, reason: `no answer within ${polling.deadlineMs} ms` });
      });
      ask().then(
        (members) => {
          finish({ type: 'members', source, isFresh: true, members });
        },
        (error: unknown) => {
          finish({ type: 'failed', source, reason: error instanceof Error ? error.message : String(error) });
        },
      );
    }

    poll();
    return () => {
      stop();
    };
  });
}
