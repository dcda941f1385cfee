import { rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { endpointOf, FailoverError, type Log, type ServeContext } from '@failover/core';
import { showAddress, type ListenAddress } from './listen-address.ts';

export interface ListenerOptions {
  readonly listen: ListenAddress;
  /** One more is closed at once, before a byte is read. */
  readonly maxClients: number;
  /** Serves one client to its end. Never rejects. */
  serve(client: Socket, from: Pick<ServeContext, 'address' | 'reachedAt'>): Promise<void>;
  readonly log: Log;
}

/** One open port, and the clients that came through it. */
export interface Listener {
  /** What it listens on: the port that the system chose, where 0 was asked for. */
  readonly address: ListenAddress;
  readonly counts: ListenerCounts;
  /** Takes no new client; those that are there stay. */
  stopAccepting(): void;
  /** Resolves when no client is left. */
  whenIdle(): Promise<void>;
  /** Cuts every client off. */
  destroyClients(): void;
}

export interface ListenerCounts {
  readonly open: number;
  readonly accepted: number;
  /** Turned away because `maxClients` were there. */
  readonly refused: number;
}

/**
 * Opens one port.
 * @throws FailoverError `config-invalid` if the address cannot be had
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { log } = options;
  const clients = new Set<Socket>();
  const idle: (() => void)[] = [];
  let accepted = 0;
  let refused = 0;

  const server = createServer({ noDelay: true }, (client) => {
    accepted += 1;
    clients.add(client);
    // What the error means is told by `close`; without a listener it would end the process.
    client.on('error', (error) => {
      log('debug', 'a client connection failed', { reason: error.message });
    });
    client.once('close', () => {
      clients.delete(client);
      if (clients.size === 0) for (const wake of idle.splice(0)) wake();
    });
    const address =
      client.remoteAddress === undefined ? 'unix' : `${client.remoteAddress}:${client.remotePort ?? 0}`;
    const { localAddress, localPort } = client;
    const reachedAt =
      localAddress === undefined || localPort === undefined
        ? undefined
        : endpointOf(localAddress.replace(/^::ffff:/, ''), localPort);
    void options.serve(client, { address, reachedAt }).then(
      () => {
        client.destroySoon();
      },
      (error: unknown) => {
        log('error', 'serving a client threw; the client is closed', { address, reason: String(error) });
        client.destroy();
      },
    );
  });
  server.maxConnections = options.maxClients;
  server.on('drop', () => {
    refused += 1;
    // Powers of two: a client that tries again and again must not fill the disk.
    if ((refused & (refused - 1)) === 0) {
      log('warn', 'a client was turned away: maxClients are there', {
        maxClients: options.maxClients,
        refused,
      });
    }
  });
  await listen(server, options.listen);

  return {
    address: boundAddress(server, options.listen),
    get counts() {
      return { open: clients.size, accepted, refused };
    },
    stopAccepting() {
      server.close();
    },
    whenIdle: () =>
      clients.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => idle.push(resolve)),
    destroyClients() {
      for (const client of clients) client.destroy();
    },
  };
}

async function listen(server: Server, address: ListenAddress): Promise<void> {
  try {
    await tryListen(server, address);
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (isTaken && address.type === 'unix' && !(await answers(address.path))) {
      // Left behind by a process that was killed: nobody listens on it any more.
      await rm(address.path, { force: true });
      await tryListen(server, address);
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new FailoverError(
      'config-invalid',
      `cannot listen on ${showAddress(address)}: ${isTaken ? 'another process does already' : reason}`,
      { cause: error },
    );
  }
}

function tryListen(server: Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(
      address.type === 'unix' ? { path: address.path } : { host: address.host, port: address.port },
      () => {
        server.off('error', reject);
        resolve();
      },
    );
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => {
      resolve(false);
    });
  });
}

function boundAddress(server: Server, asked: ListenAddress): ListenAddress {
  const bound = server.address();
  if (asked.type === 'unix' || bound === null || typeof bound === 'string') return asked;
  return { type: 'tcp', host: asked.host, port: bound.port };
}
