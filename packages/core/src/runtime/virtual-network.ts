import { Duplex } from 'node:stream';
import type { EndpointId } from '../model/index.ts';

/** What happens to bytes and connections towards one endpoint. */
export type LinkFault =
  | { readonly type: 'refused' }
  /** Accepts nothing and carries nothing, in both directions; nobody is told. */
  | { readonly type: 'blackHole' }
  /** Carries bytes in one direction only. */
  | { readonly type: 'oneWay'; readonly lost: 'toServer' | 'toClient' }
  | { readonly type: 'slow'; readonly ms: number };

export interface VirtualNetwork {
  /** Accepts connections at an endpoint until the returned function is called, which resets those that stand. */
  listen(endpoint: EndpointId, onConnection: (socket: Duplex) => void): () => void;
  connect(endpoint: EndpointId): Duplex;
  /** Puts a fault on the link to an endpoint; the returned function heals it. */
  fault(endpoint: EndpointId, fault: LinkFault): () => void;
  /** Resets every connection to an endpoint. */
  reset(endpoint: EndpointId): void;
}

/** ms one way, and the share of it that varies. */
const latencyMs = 0.05;

export function createVirtualNetwork(
  after: (ms: number, callback: () => void) => () => void,
  random: () => number,
): VirtualNetwork {
  const listeners = new Map<EndpointId, (socket: Duplex) => void>();
  const faults = new Map<EndpointId, LinkFault>();
  const connections = new Map<EndpointId, Set<Pair>>();

  const delayOf = (endpoint: EndpointId): number => {
    const fault = faults.get(endpoint);
    return latencyMs * (1 + random()) + (fault?.type === 'slow' ? fault.ms : 0);
  };

  const isLost = (endpoint: EndpointId, to: 'toServer' | 'toClient'): boolean => {
    const fault = faults.get(endpoint);
    return fault?.type === 'blackHole' || (fault?.type === 'oneWay' && fault.lost === to);
  };

  function pair(endpoint: EndpointId): Pair {
    const client = new VirtualSocket();
    const server = new VirtualSocket();
    const carry = (from: VirtualSocket, to: VirtualSocket, direction: 'toServer' | 'toClient'): void => {
      // Bytes keep their order: none is delivered before the one that was sent before it.
      let queue: (() => void)[] = [];
      const deliver = (action: () => void): void => {
        queue.push(action);
        after(delayOf(endpoint), () => {
          const next = queue.shift();
          if (next !== undefined && !isLost(endpoint, direction)) next();
        });
      };
      from.onWrite = (chunk) => {
        deliver(() => {
          if (!to.destroyed) to.push(chunk);
        });
      };
      from.onEnd = () => {
        deliver(() => {
          if (!to.destroyed) to.push(null);
        });
      };
      from.onDestroy = () => {
        queue = [];
        after(delayOf(endpoint), () => {
          if (!isLost(endpoint, direction) && !to.destroyed)
            to.destroy(failure('ECONNRESET', 'the peer reset it'));
        });
      };
    };
    carry(client, server, 'toServer');
    carry(server, client, 'toClient');
    return { client, server };
  }

  return {
    listen(endpoint, onConnection) {
      listeners.set(endpoint, onConnection);
      return () => {
        if (listeners.get(endpoint) === onConnection) listeners.delete(endpoint);
        this.reset(endpoint);
      };
    },
    connect(endpoint) {
      const sockets = pair(endpoint);
      after(delayOf(endpoint), () => {
        if (sockets.client.destroyed || faults.get(endpoint)?.type === 'blackHole') return;
        const accept = listeners.get(endpoint);
        if (accept === undefined || faults.get(endpoint)?.type === 'refused') {
          sockets.client.onDestroy = () => undefined;
          sockets.client.destroy(failure('ECONNREFUSED', `connect ECONNREFUSED ${endpoint}`));
          return;
        }
        const standing = connections.get(endpoint) ?? new Set<Pair>();
        connections.set(endpoint, standing.add(sockets));
        sockets.client.once('close', () => standing.delete(sockets));
        accept(sockets.server);
        sockets.client.emit('connect');
      });
      return sockets.client;
    },
    fault(endpoint, fault) {
      faults.set(endpoint, fault);
      return () => {
        if (faults.get(endpoint) === fault) faults.delete(endpoint);
      };
    },
    reset(endpoint) {
      for (const { server } of connections.get(endpoint) ?? [])
        server.destroy(failure('ECONNRESET', 'reset'));
      connections.delete(endpoint);
    },
  };
}

interface Pair {
  readonly client: VirtualSocket;
  readonly server: VirtualSocket;
}

class VirtualSocket extends Duplex {
  onWrite: (chunk: Buffer) => void = () => undefined;
  onEnd: () => void = () => undefined;
  onDestroy: () => void = () => undefined;

  constructor() {
    super({ allowHalfOpen: false });
    // Like a socket nobody listens to: an error must not end the process of a simulation.
    this.on('error', () => undefined);
  }

  override _read(): void {
    // Bytes come when the network delivers them.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.onWrite(chunk);
    done();
  }

  override _final(done: () => void): void {
    this.onEnd();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.onDestroy();
    done(error);
  }
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
