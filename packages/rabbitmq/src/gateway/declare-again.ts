import { isTransientClose } from '../protocol/close-reason.ts';
import type { Method } from '../protocol/methods.ts';
import { toDeclare } from '../session/topology-log.ts';
import { callNode } from './call.ts';
import type { Connection } from './connection.ts';

/** ms before what nobody answered is declared again. */
const againMs = 1000;

/**
 * Declares what the broker dropped because of us, on a channel of our own. Where it refuses, the rest goes on: a queue
 * that is still locked is tried again together with its consumers. Where it is silent, nobody waits any longer: a node
 * that hangs stops every declare of its cluster for a minute. `done` is called once.
 */
export function declareAgain(connection: Connection, done: () => void): void {
  const { upstream, gateway } = connection;
  const methods: readonly Method[] = toDeclare(connection.log, gateway.config.redeclare);
  let isDone = false;
  const finish = (): void => {
    if (isDone || connection.upstream !== upstream) return;
    isDone = true;
    done();
  };

  const go = (from: number): void => {
    const left = methods.slice(from);
    if (left.length === 0 || connection.upstream !== upstream) {
      finish();
      return;
    }
    callNode(connection, left, gateway.config.silenceMs, (end) => {
      if (connection.upstream !== upstream) return;
      if (end.type === 'done') {
        finish();
        return;
      }
      if (end.type === 'silent') {
        finish();
        connection.after(againMs, () => {
          go(from + end.at);
        });
        return;
      }
      const refused = left[end.at];
      if (!isTransientClose(end.code, end.text)) {
        gateway.runtime.log('warn', 'it could not be declared again', {
          method: refused?.name,
          server: upstream?.lease.server,
          code: end.code,
          text: end.text,
        });
      }
      go(from + end.at + 1);
    });
  };
  go(0);
}
