import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { decodeRequest } from '../../protocol/decode.ts';
import { encodeReply } from '../../protocol/encode.ts';
import type { Reply } from '../../protocol/message.ts';
import { scan } from '../../protocol/scan.ts';

/** A server of this backend in this process, on a real socket and on the adapter's own codec. */
export interface EmbeddedServer extends AsyncDisposable {
  readonly address: string;
  /** A stopped process as TCP shows it: connections stand and new ones are accepted, but nobody reads. */
  setHung(isHung: boolean): void;
  /** It is gone: connections are cut, new ones refused. */
  kill(): Promise<void>;
  /** It is back at its address after `kill`, and knows nothing of its clients. */
  start(): Promise<void>;
}

export async function startServer(peers: () => readonly string[]): Promise<EmbeddedServer> {
  const sockets = new Set<Socket>();
  let isHung = false;
  const server = createServer((socket) => {
    sockets.add(socket);
    if (isHung) socket.pause();
    let rest: Buffer = Buffer.alloc(0);
    let prefix = '';
    function answer(line: string): Reply {
      const request = decodeRequest(line);
      switch (request?.type) {
        case undefined:
          return { type: 'error', code: 'ERR', text: 'no such request' };
        case 'peers':
          return { type: 'text', text: peers().join(' ') };
        case 'echo':
          return { type: 'text', text: `${prefix}${request.text}` };
        case 'prefix':
          prefix = request.text;
          return { type: 'text', text: 'ok' };
      }
    }
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      const step = scan(rest, chunk);
      rest = step.rest;
      for (const line of step.lines) socket.write(encodeReply(answer(line)));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  async function kill(): Promise<void> {
    if (!server.listening) return;
    for (const socket of sockets) socket.destroy();
    await once(server.close(), 'close');
  }

  return {
    address: `127.0.0.1:${port}`,
    setHung(next) {
      isHung = next;
      for (const socket of sockets) socket[isHung ? 'pause' : 'resume']();
    },
    kill,
    async start() {
      isHung = false;
      if (!server.listening) await once(server.listen(port, '127.0.0.1'), 'listening');
    },
    [Symbol.asyncDispose]: kill,
  };
}
