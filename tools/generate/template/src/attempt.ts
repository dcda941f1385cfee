import type { Attempt } from '@failover/core';
import type { Connection } from './connection.ts';
import type { Request } from './protocol/message.ts';

/** One request on one connection until `signal` gives it up; what happens to it after that is unknown. */
export function attemptOn(
  connection: Connection,
  request: Request,
  signal: AbortSignal,
): Promise<Attempt<string>> {
  return new Promise((resolve) => {
    const giveUp = (): void => {
      resolve({ type: 'failed', failure: { type: 'connectionLost', reason: 'given up' } });
    };
    if (signal.aborted) {
      resolve({ type: 'failed', failure: { type: 'notWritten', reason: 'given up before it began' } });
      return;
    }
    signal.addEventListener('abort', giveUp, { once: true });
    void connection.ask(request).then((answer) => {
      signal.removeEventListener('abort', giveUp);
      if (answer.type === 'failed') {
        resolve(answer);
      } else if (answer.reply.type === 'text') {
        resolve({ type: 'ok', value: answer.reply.text });
      } else {
        const { code, text } = answer.reply;
        resolve({
          type: 'failed',
          failure: { type: 'errorReply', code, text },
          cause: new Error(`${code} ${text}`),
        });
      }
    });
  });
}
