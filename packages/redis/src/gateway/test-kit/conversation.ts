import { connect } from 'node:net';

/** Asked behind everything, so that the end of an answer is seen. */
const last = 'PING the-last\r\n';

/** Speaks to one port, always the same way. */
export interface Speaker extends Disposable {
  /** All that came back, and `(closed)` if the connection was. Each piece is read before the next one leaves. */
  converse(pieces: readonly string[]): Promise<string>;
  /** All that comes back to who ends its side right behind what it says. */
  sayLast(text: string): Promise<string>;
}

/** Everything is latin1: each character is a byte. */
export function createSpeaker(port: number): Speaker {
  const beside = connect({ port, host: '127.0.0.1', noDelay: true });
  const waiting: (() => void)[] = [];
  beside.on('data', (answered: Buffer) => {
    for (const byte of answered) if (byte === 10) waiting.shift()?.();
  });

  /** Who answers this has read all that was sent before, on any connection. */
  const hasRead = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      beside.write('PING\r\n');
    });

  return {
    converse: (pieces) =>
      new Promise((resolve) => {
        let text = '';
        const socket = connect({ port, host: '127.0.0.1', noDelay: true });
        socket.setEncoding('latin1');
        socket.on('data', (arrived: string) => {
          text += arrived;
          if (!text.includes('the-last\r\n')) return;
          socket.removeAllListeners('close').destroy();
          resolve(text);
        });
        // Who is closed with bytes unread may see a reset behind the last answer.
        socket.on('error', () => undefined);
        socket.on('close', () => {
          resolve(`${text}(closed)`);
        });
        void (async () => {
          for (const piece of pieces) {
            socket.write(piece, 'latin1');
            await hasRead();
          }
          socket.write(last, 'latin1');
        })();
      }),
    sayLast: (last) =>
      new Promise((resolve, reject) => {
        let text = '';
        const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
          socket.end(last, 'latin1');
        });
        socket.setEncoding('latin1');
        socket.on('data', (arrived: string) => {
          text += arrived;
        });
        socket.on('error', reject);
        socket.on('end', () => {
          resolve(text);
        });
      }),
    [Symbol.dispose]() {
      beside.destroy();
    },
  };
}
