/**
 * RESP2, written for the benches alone: the prober and the launcher must not share the adapter's codec, or a
 * symmetric bug would hide itself.
 */
export interface ReplyError {
  readonly error: string;
}
export type Reply = string | number | null | ReplyError | readonly Reply[];

export function encode(args: readonly string[]): string {
  return `*${String(args.length)}\r\n${args.map((arg) => `$${String(Buffer.byteLength(arg))}\r\n${arg}\r\n`).join('')}`;
}

export function isReplyError(reply: Reply | undefined): reply is ReplyError {
  return typeof reply === 'object' && reply !== null && 'error' in reply;
}

interface Decoded {
  readonly reply: Reply;
  readonly end: number;
}

/** One reply from `from` on, or undefined while it is not whole. @throws Error on an unknown first byte. */
export function decode(bytes: Buffer, from: number): Decoded | undefined {
  const lineEnd = bytes.indexOf('\r\n', from);
  if (lineEnd < 0) return undefined;
  const text = bytes.toString('utf8', from + 1, lineEnd);
  const next = lineEnd + 2;
  switch (bytes[from]) {
    case 0x2b:
      return { reply: text, end: next };
    case 0x2d:
      return { reply: { error: text }, end: next };
    case 0x3a:
      return { reply: Number(text), end: next };
    case 0x24: {
      const length = Number(text);
      if (length < 0) return { reply: null, end: next };
      if (bytes.length < next + length + 2) return undefined;
      return { reply: bytes.toString('utf8', next, next + length), end: next + length + 2 };
    }
    case 0x2a:
      return decodeArray(bytes, next, Number(text));
    default:
      throw new Error(`no RESP2 reply starts with byte ${String(bytes[from])}`);
  }
}

function decodeArray(bytes: Buffer, from: number, length: number): Decoded | undefined {
  if (length < 0) return { reply: null, end: from };
  const items: Reply[] = [];
  let at = from;
  for (let index = 0; index < length; index++) {
    const item = decode(bytes, at);
    if (item === undefined) return undefined;
    items.push(item.reply);
    at = item.end;
  }
  return { reply: items, end: at };
}
