import type { Duplex } from 'node:stream';
import type { EndpointId, Runtime } from '@failover/core';

/** Stands between a gateway and its nodes. */
export interface NodeTap {
  /** It dials a node. */
  onDial?(endpoint: EndpointId, stream: Duplex): void;
  /** Bytes of a node; what is returned goes on to the gateway. */
  onBytes?(bytes: Buffer, stream: Duplex): Buffer;
}

export function tapNodes(runtime: Runtime, tap: NodeTap): Runtime {
  return {
    now: () => runtime.now(),
    after: (ms, callback) => runtime.after(ms, callback),
    random: () => runtime.random(),
    log: (...line) => {
      runtime.log(...line);
    },
    connect(endpoint) {
      const stream = runtime.connect(endpoint);
      tap.onDial?.(endpoint, stream);
      const on = stream.on.bind(stream) as (event: string, listener: (value: Buffer) => void) => Duplex;
      const tapped = (event: string, listener: (value: Buffer) => void): Duplex =>
        on(
          event,
          event !== 'data'
            ? listener
            : (bytes) => {
                const left = tap.onBytes === undefined ? bytes : tap.onBytes(bytes, stream);
                if (left.length > 0) listener(left);
              },
        );
      stream.on = tapped as typeof stream.on;
      return stream;
    },
  };
}
