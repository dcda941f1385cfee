import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { AddressInfo } from 'node:net';

/** One peer of the ring, on a real socket. */
export interface Peer {
  readonly address: string;
  /** All that it was asked to echo. */
  readonly echoed: readonly string[];
  /** It goes on accepting and reading, and answers nothing any more: a stopped process as TCP shows it. */
  hang(): void;
  /** It goes on, and first answers what came meanwhile. */
  answer(): void;
  /** It is gone: connections are cut, new ones refused. */
  die(): Promise<void>;
}

export interface PeerRing extends AsyncDisposable {
  readonly peers: readonly Peer[];
}

export async function startRing(size: number): Promise<PeerRing> {
  const addresses: string[] = [];
  const peers: Peer[] = [];
  while (peers.length < size) {
    const peer = await startPeer(addresses);
    addresses.push(peer.address);
    peers.push(peer);
  }
  return {
    peers,
    async [Symbol.asyncDispose]() {
      await Promise.all(peers.map((peer) => peer.die()));
    },
  };
}

async function startPeer(addresses: readonly string[]): Promise<Peer> {
  const sockets = new Set<Socket>();
  const echoed: string[] = [];
  let isHung = false;
  let late: (() => void)[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const lines = createInterface({ input: socket });
    lines.on('error', () => socket.destroy());
    lines.on('line', (line) => {
      const text = line.replace(/^ECHO /, '');
      if (line !== 'PEERS') echoed.push(text);
      const answer = (): void => {
        socket.write(`${line === 'PEERS' ? addresses.join(' ') : text}\n`);
      };
      if (isHung) late.push(answer);
      else answer();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    echoed,
    hang() {
      isHung = true;
    },
    answer() {
      isHung = false;
      for (const answer of late) answer();
      late = [];
    },
    async die() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
