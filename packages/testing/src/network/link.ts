import { Socket } from 'node:net';
import { conditionsFor, type NetworkFault } from './network-fault.ts';
import { createPipe } from './pipe.ts';
import { createReplyFilter, type FrameScan, type LostReply } from './reply-filter.ts';

/** One client's connection with its connection to the server. */
export interface Link {
  readonly heldBytes: number;
  /** What is in force has changed. */
  apply(faults: Iterable<NetworkFault>): void;
  /** A fault that acts on open connections has begun. */
  strike(fault: NetworkFault): void;
  /** That fault was healed. */
  heal(fault: NetworkFault): void;
  /** RST to both sides. */
  reset(): void;
}

export interface LinkOptions {
  readonly client: Socket;
  readonly target: { readonly host: string; readonly port: number };
  readonly bufferBytes: number;
  readonly scan?: FrameScan;
  readonly lostReply: () => LostReply | undefined;
  readonly onClose: () => void;
  readonly onScanError: (cause: unknown) => void;
}

/** Joins a client with the server, by a pipe for each direction. */
export function createLink(options: LinkOptions): Link {
  const { client, bufferBytes, scan } = options;
  const upstream = new Socket({ allowHalfOpen: true });
  let halfOpenBy: NetworkFault | undefined;
  let isConnectStarted = false;
  let openSockets = 2;
  let isClosed = false;

  function close(how: 'reset' | 'destroy'): void {
    if (isClosed) return;
    isClosed = true;
    toServer.close();
    toClient.close();
    for (const socket of [client, upstream]) {
      // A socket that is still connecting would not be reset before it is connected.
      if (how === 'reset' && !socket.connecting) socket.resetAndDestroy();
      else socket.destroy();
    }
    options.onClose();
  }

  const onReset = (cause?: unknown): void => {
    if (cause !== undefined) options.onScanError(cause);
    close('reset');
  };
  const toServer = createPipe({ source: client, sink: upstream, bufferBytes, onReset });
  const toClient = createPipe({
    source: upstream,
    sink: client,
    bufferBytes,
    filter: scan === undefined ? undefined : createReplyFilter(scan, options.lostReply),
    onReset,
  });
  for (const socket of [client, upstream]) {
    socket.setNoDelay(true);
    socket.once('close', () => {
      openSockets -= 1;
      if (openSockets === 0) close('destroy');
    });
  }

  return {
    get heldBytes() {
      return toServer.heldBytes + toClient.heldBytes;
    },
    apply(faults) {
      const active = [...faults];
      const there = conditionsFor('toServer', active);
      const back = conditionsFor('toClient', active);
      // Through a black hole, in either direction, the handshake would not come to its end.
      if (!isConnectStarted && !isClosed && !there.isHeld && !back.isHeld) {
        isConnectStarted = true;
        upstream.connect(options.target);
      }
      toServer.apply(isConnectStarted ? there : { ...there, isHeld: true });
      toClient.apply(back);
    },
    strike(fault) {
      if (fault.type === 'halfOpen') {
        halfOpenBy = fault;
        toServer.sever();
        toClient.sever();
        upstream.destroy();
      } else if (fault.type === 'halfClose') {
        (fault.direction === 'toServer' ? toServer : toClient).halfClose();
      } else if (fault.type === 'cutAfter') {
        (fault.direction === 'toServer' ? toServer : toClient).cutAfter(fault.bytes);
      }
    },
    heal(fault) {
      if (fault === halfOpenBy) close('reset');
      if (fault.type === 'cutAfter') {
        (fault.direction === 'toServer' ? toServer : toClient).cutAfter(undefined);
      }
    },
    reset: () => close('reset'),
  };
}
