import type { Duplex } from 'node:stream';
import { createRequestDecoder } from '../../protocol/decode-request.ts';

export type Handler = (args: readonly string[], connection: ScriptedConnection) => string | undefined;

/** One connection that the gateway opened. */
export interface ScriptedConnection {
  /** Every command that arrived after the handshake. */
  readonly received: string[][];
  write(bytes: string | Buffer): void;
  close(): void;
  readonly isOpen: boolean;
}

/** A server that answers as the test says, and a handshake by itself. `undefined` means: says nothing. */
export interface ScriptedServer {
  readonly connections: ScriptedConnection[];
  /** Everything that arrived on any connection, in order, without handshakes. */
  readonly received: string[][];
  handler: Handler;
  role: string;
  clusterState: 'ok' | 'fail';
  accept(socket: Duplex): void;
}

const handshakes = new Set(['ROLE', 'HELLO', 'AUTH', 'SELECT']);

export function scriptedServer(handler: Handler = () => '+OK\r\n'): ScriptedServer {
  const server: ScriptedServer = {
    connections: [],
    received: [],
    handler,
    role: '*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n',
    clusterState: 'ok',
    accept(socket) {
      const decoder = createRequestDecoder();
      const connection: ScriptedConnection = {
        received: [],
        write: (bytes) => void socket.write(bytes),
        close: () => void socket.destroy(),
        get isOpen() {
          return !socket.destroyed;
        },
      };
      server.connections.push(connection);
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        for (const args of decoder.feed(chunk)) {
          const words = args.map((arg) => arg.toString('latin1'));
          const name = words[0]?.toUpperCase() ?? '';
          if (name === 'ROLE') {
            connection.write(server.role);
            continue;
          }
          if (name === 'HELLO') {
            const id = server.connections.indexOf(connection) + 1;
            const items = `$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n$2\r\nid\r\n:${id}\r\n`;
            connection.write(words[1] === '3' ? `%3\r\n${items}` : `*6\r\n${items}`);
            continue;
          }
          if (name === 'CLUSTER' && words[1] === 'INFO') {
            const state = `cluster_state:${server.clusterState}\r\n`;
            connection.write(`$${state.length}\r\n${state}\r\n`);
            continue;
          }
          if (name === 'SCRIPT' && words[1] === 'LOAD') {
            // The gateway's own: no client asked for it.
            connection.write(`$40\r\n${'0'.repeat(40)}\r\n`);
            continue;
          }
          if (!handshakes.has(name)) {
            connection.received.push(words);
            server.received.push(words);
          }
          const reply = server.handler(words, connection);
          if (reply !== undefined) connection.write(reply);
        }
      });
    },
  };
  return server;
}
