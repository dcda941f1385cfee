import { connect } from 'node:net';
import { decode, encode, isReplyError, type Reply } from './resp.ts';

/** One command on a fresh connection. @throws Error if the server refuses, closes or is silent for the time. */
export function ask(port: number, args: readonly string[], limitMs = 1000): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const chunks: Buffer[] = [];
    const fail = (why: Error): void => {
      socket.destroy();
      reject(why);
    };
    const name = `${args.join(' ').slice(0, 60)} on port ${String(port)}`;
    socket.setTimeout(limitMs, () => {
      fail(new Error(`silent for ${String(limitMs)} ms: ${name}`));
    });
    socket.on('error', fail);
    socket.on('close', () => {
      fail(new Error(`closed before the reply: ${name}`));
    });
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      const decoded = decode(Buffer.concat(chunks), 0);
      if (decoded === undefined) return;
      if (isReplyError(decoded.reply)) return void fail(new Error(`${decoded.reply.error}: ${name}`));
      resolve(decoded.reply);
      socket.destroy();
    });
    socket.write(encode(args));
  });
}

/** A reply that must be text. @throws Error if it is not */
export function text(reply: Reply): string {
  if (typeof reply === 'string') return reply;
  throw new Error(`text was expected, not ${JSON.stringify(reply).slice(0, 60)}`);
}
