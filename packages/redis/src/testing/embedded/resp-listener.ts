import type { Duplex } from 'node:stream';
import type { EndpointId } from '@failover/core';
import { createRequestDecoder } from '../../protocol/decode-request.ts';
import { error } from '../../protocol/value.ts';
import type { DoubleProcess } from './double-process.ts';
import { createSession, type Command, type Session } from './session.ts';

export interface RespListenerOptions {
  readonly process: DoubleProcess;
  readonly endpoint: EndpointId;
  readonly needsPassword: boolean;
  /** Answers by `session.reply`, or sets `session.unblock` and answers later. */
  onCommand(session: Session, command: Command): void;
  onClose(session: Session): void;
}

/** Accepts clients and gives their commands on, one after the other. */
export interface RespListener {
  /** In the order in which they came. */
  sessions(): readonly Session[];
  start(): Promise<void>;
  /** Ends one connection at once. */
  drop(session: Session): void;
  /** Goes on with what a session sent while it was blocked. */
  proceed(session: Session): void;
}

interface Connection {
  readonly stream: Duplex;
  readonly session: Session;
  readonly waiting: Command[];
}

export function createRespListener(options: RespListenerOptions): RespListener {
  const { process, endpoint } = options;
  const connections = new Map<Session, Connection>();
  let lastId = 0;

  function accept(stream: Duplex): void {
    lastId += 1;
    const session = createSession(stream, lastId, process.runtime.now(), !options.needsPassword);
    const connection: Connection = { stream, session, waiting: [] };
    const decoder = createRequestDecoder();
    connections.set(session, connection);
    stream.on('error', () => undefined);
    stream.on('end', () => session.end());
    stream.on('close', () => forget(connection));
    stream.on('data', (chunk: Buffer) => {
      try {
        for (const [name, ...args] of decoder.feed(chunk)) {
          const typed = name?.toString('latin1') ?? '';
          connection.waiting.push({ name: typed.toLowerCase(), typed, args });
        }
      } catch (problem) {
        session.reply(
          error(`ERR Protocol error: ${problem instanceof Error ? problem.message : String(problem)}`),
        );
        session.end();
        return;
      }
      work(connection);
    });
  }

  function forget(connection: Connection): void {
    if (!connections.delete(connection.session)) return;
    connection.waiting.length = 0;
    options.onClose(connection.session);
  }

  function work({ session, waiting }: Connection): void {
    while (session.unblock === undefined && !session.isClosed) {
      const command = waiting.shift();
      if (command === undefined) return;
      options.onCommand(session, command);
    }
  }

  return {
    sessions: () => [...connections.keys()],
    start: () => process.listen(endpoint, accept),
    drop(session) {
      const connection = connections.get(session);
      if (connection === undefined) return;
      forget(connection);
      connection.stream.destroy();
    },
    proceed(session) {
      const connection = connections.get(session);
      if (connection !== undefined) work(connection);
    },
  };
}
