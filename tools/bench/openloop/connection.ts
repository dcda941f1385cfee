import { connect, type OnReadOpts, type Socket } from 'node:net';

const nothing = Buffer.alloc(0);

/**
 * A raw connection that counts replies. The generator sends only SET and GET of values of one size, so a reply is
 * found by its first byte and by its length: no parser stands between the socket and the clock.
 */
export interface RawConnection {
  send(request: Buffer, scheduledAt: number): void;
  outstanding(): number;
  close(): void;
}

export function openConnection(port: number, onReply: (scheduledAt: number) => void): Promise<RawConnection> {
  return new Promise((resolve, reject) => {
    const waiting: number[] = [];
    let head = 0;
    let rest: Buffer = nothing;
    const read = (chunk: Buffer): void => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      for (let end = replyEnd(bytes, at); end !== undefined; end = replyEnd(bytes, at)) {
        at = end;
        onReply(waiting[head++] as number);
      }
      // The chunk is read into again: what is left of it must be a copy.
      rest = at === bytes.length ? nothing : Buffer.from(bytes.subarray(at));
      if (head > 4096) {
        waiting.splice(0, head);
        head = 0;
      }
    };
    // One buffer for ever: a generator that collects garbage measures its own pauses.
    const onread: OnReadOpts = {
      buffer: Buffer.allocUnsafeSlow(16 * 1024),
      callback(count, buffer) {
        read(Buffer.from(buffer.buffer, buffer.byteOffset, count));
        return true;
      },
    };
    const socket: Socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    socket.once('error', reject);
    socket.once('connect', () => {
      resolve({
        send(request, scheduledAt) {
          waiting.push(scheduledAt);
          socket.write(request);
        },
        outstanding: () => waiting.length - head,
        close: () => socket.destroy(),
      });
    });
  });
}

/** @throws Error if the server answers with an error: a figure of refused commands is none */
function replyEnd(bytes: Buffer, at: number): number | undefined {
  if (at >= bytes.length) return undefined;
  const line = bytes.indexOf(10, at);
  if (line < 0) return undefined;
  if (bytes[at] === 0x2d) throw new Error(`the server refused: ${bytes.toString('utf8', at, line)}`);
  if (bytes[at] !== 0x24) return line + 1;
  const length = Number(bytes.toString('latin1', at + 1, line - 1));
  const end = length < 0 ? line + 1 : line + 1 + length + 2;
  return end <= bytes.length ? end : undefined;
}
