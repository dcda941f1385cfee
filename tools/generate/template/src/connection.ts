import type { EndpointId, Failure, Runtime } from '@failover/core';
import { decodeReply } from './protocol/decode.ts';
import { encodeRequest } from './protocol/encode.ts';
import type { Reply, Request } from './protocol/message.ts';
import { scan } from './protocol/scan.ts';

export type Answer =
  { readonly type: 'reply'; readonly reply: Reply } | { readonly type: 'failed'; readonly failure: Failure };

/** One connection to one server. Replies come in the order of the requests; it is never opened again. */
export interface Connection {
  readonly server: EndpointId;
  readonly isClosed: boolean;
  /** Settles exactly once and never rejects. */
  ask(request: Request): Promise<Answer>;
  close(reason: string): void;
}

export function openConnection(runtime: Runtime, server: EndpointId): Connection {
  const socket = runtime.connect(server);
  const waiting: ((answer: Answer) => void)[] = [];
  const unsent: string[] = [];
  let isOpen = false;
  let lost: Failure | undefined;
  let rest: Buffer = Buffer.alloc(0);

  function close(reason: string): void {
    if (lost !== undefined) return;
    // Before `connect` no byte has left; behind it nobody knows what was done.
    const failure: Failure = { type: isOpen ? 'connectionLost' : 'notWritten', reason };
    lost = failure;
    socket.destroy();
    for (const settle of waiting.splice(0)) settle({ type: 'failed', failure });
  }

  socket.on('connect', () => {
    isOpen = true;
    for (const line of unsent.splice(0)) socket.write(line);
  });
  socket.on('error', (error) => {
    close(error.message);
  });
  socket.on('close', () => {
    close('closed by the server');
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      const step = scan(rest, chunk);
      rest = step.rest;
      for (const line of step.lines) {
        const reply = decodeReply(line);
        const settle = waiting.shift();
        if (reply === undefined || settle === undefined) throw new Error('an answer that nobody asked for');
        settle({ type: 'reply', reply });
      }
    } catch (error) {
      close(String(error));
    }
  });

  return {
    server,
    get isClosed() {
      return lost !== undefined;
    },
    ask: (request) =>
      new Promise((resolve) => {
        if (lost !== undefined) {
          resolve({ type: 'failed', failure: { type: 'notWritten', reason: 'the connection is closed' } });
          return;
        }
        waiting.push(resolve);
        if (isOpen) socket.write(encodeRequest(request));
        else unsent.push(encodeRequest(request));
      }),
    close,
  };
}
