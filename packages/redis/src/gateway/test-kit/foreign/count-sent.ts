import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Stands before the gateway and sees how often a client itself sent each of its values. */
export interface SentCounter extends Disposable {
  readonly port: number;
  /** Connections that the client opened. */
  readonly opened: number;
  /** For each value that a writer sent, how often it did. */
  counts(): ReadonlyMap<string, number>;
}

export async function countSent(port: number): Promise<SentCounter> {
  const texts: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: false }, (client) => {
    const at = texts.push('') - 1;
    const gateway = connect({ port, host: '127.0.0.1', noDelay: true });
    client.on('data', (bytes: Buffer) => void (texts[at] += bytes.toString('latin1')));
    client.pipe(gateway).pipe(client);
    for (const [socket, other] of [
      [client, gateway],
      [gateway, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get opened() {
      return texts.length;
    },
    counts() {
      const counts = new Map<string, number>();
      for (const text of texts) {
        for (const [value] of text.matchAll(/(?:writer\d+|pipeline)-[\d.]+/g))
          counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      return counts;
    },
    [Symbol.dispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
