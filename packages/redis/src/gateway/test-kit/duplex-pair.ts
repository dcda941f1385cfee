import { Duplex } from 'node:stream';

interface End {
  readonly stream: Duplex;
  /** Who waits until this end takes more. */
  waiting: (() => void) | undefined;
}

/** Two ends of one connection in memory: what one writes the other reads; ending and destroying reach the other. */
export function duplexPair(): readonly [Duplex, Duplex] {
  const left = createEnd(() => right);
  const right: End = createEnd(() => left);
  return [left.stream, right.stream];
}

function createEnd(other: () => End): End {
  const end: End = {
    waiting: undefined,
    stream: new Duplex({
      allowHalfOpen: false,
      read() {
        release(end);
      },
      write(chunk: Buffer, _encoding, done) {
        const peer = other();
        if (peer.stream.destroyed) {
          done(new Error('write EPIPE'));
          return;
        }
        // First: the push itself may make the other side read.
        peer.waiting = done;
        if (peer.stream.push(Buffer.from(chunk))) release(peer);
      },
      final(done) {
        other().stream.push(null);
        done();
      },
      destroy(error, done) {
        queueMicrotask(() => {
          other().stream.destroy();
        });
        done(error);
      },
    }),
  };
  return end;
}

function release(end: End): void {
  const { waiting } = end;
  end.waiting = undefined;
  waiting?.();
}
