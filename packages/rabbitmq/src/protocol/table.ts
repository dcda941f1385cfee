import { FrameError } from './frame.ts';

/** A value in a field table. Numbers outside of 32 bits, and all that was read as 64 bits, are bigint. */
export type TableValue =
  boolean | number | bigint | string | Buffer | null | readonly TableValue[] | Timestamp | Decimal | Table;
export interface Table {
  readonly [key: string]: TableValue;
}
export interface Timestamp {
  readonly type: 'timestamp';
  readonly seconds: bigint;
}
export interface Decimal {
  readonly type: 'decimal';
  readonly places: number;
  readonly digits: number;
}

const maxDepth = 32;

/** @see RabbitMQ's table of field value types, which differs from the specification. */
export function readTable(bytes: Buffer, from: number, to: number, depth = 0): Table {
  if (depth > maxDepth) throw new FrameError(`a table is nested deeper than ${maxDepth}`);
  const table: Record<string, TableValue> = {};
  let at = from;
  while (at < to) {
    const keyEnd = at + 1 + (bytes[at] as number);
    if (keyEnd >= to) throw new FrameError('a table ends in the middle of a key');
    const key = bytes.toString('utf8', at + 1, keyEnd);
    const [value, next] = readValue(bytes, keyEnd, to, depth);
    Object.defineProperty(table, key, { value, enumerable: true, configurable: true, writable: true });
    at = next;
  }
  return table;
}

function readValue(bytes: Buffer, from: number, to: number, depth: number): readonly [TableValue, number] {
  const kind = String.fromCharCode(bytes[from] as number);
  const at = from + 1;
  const need = (count: number): number => {
    if (at + count > to) throw new FrameError('a table ends in the middle of a value');
    return at + count;
  };
  switch (kind) {
    case 't':
      need(1);
      return [bytes[at] !== 0, at + 1];
    case 'b':
      need(1);
      return [bytes.readInt8(at), at + 1];
    case 'B':
      need(1);
      return [bytes.readUInt8(at), at + 1];
    case 's':
      need(2);
      return [bytes.readInt16BE(at), at + 2];
    case 'u':
      need(2);
      return [bytes.readUInt16BE(at), at + 2];
    case 'I':
      need(4);
      return [bytes.readInt32BE(at), at + 4];
    case 'i':
      need(4);
      return [bytes.readUInt32BE(at), at + 4];
    case 'l':
      need(8);
      return [bytes.readBigInt64BE(at), at + 8];
    case 'f':
      need(4);
      return [bytes.readFloatBE(at), at + 4];
    case 'd':
      need(8);
      return [bytes.readDoubleBE(at), at + 8];
    case 'T':
      need(8);
      return [{ type: 'timestamp', seconds: bytes.readBigUInt64BE(at) }, at + 8];
    case 'D':
      need(5);
      return [{ type: 'decimal', places: bytes.readUInt8(at), digits: bytes.readInt32BE(at + 1) }, at + 5];
    case 'V':
      return [null, at];
    case 'S':
    case 'x':
    case 'F':
    case 'A':
      need(4);
      return readLong(kind, bytes, at, need(4 + bytes.readUInt32BE(at)), depth);
    default:
      throw new FrameError(`a table value cannot be of type "${kind}"`);
  }
}

function readLong(
  kind: 'S' | 'x' | 'F' | 'A',
  bytes: Buffer,
  at: number,
  end: number,
  depth: number,
): readonly [TableValue, number] {
  const from = at + 4;
  switch (kind) {
    case 'S':
      return [bytes.toString('utf8', from, end), end];
    case 'x':
      return [Buffer.from(bytes.subarray(from, end)), end];
    case 'F':
      return [readTable(bytes, from, end, depth + 1), end];
    case 'A': {
      if (depth > maxDepth) throw new FrameError(`a table is nested deeper than ${maxDepth}`);
      const items: TableValue[] = [];
      for (let next = from; next < end;) {
        const [value, after] = readValue(bytes, next, end, depth + 1);
        items.push(value);
        next = after;
      }
      return [items, end];
    }
  }
}

/** The entries of a table, without its length. */
export function writeTable(table: Table): Buffer {
  const parts: Buffer[] = [];
  for (const [key, value] of Object.entries(table)) {
    const name = Buffer.from(key);
    if (name.length > 255) throw new RangeError(`the key "${key.slice(0, 40)}…" is above 255 bytes`);
    parts.push(Buffer.from([name.length]), name, ...writeValue(value));
  }
  return Buffer.concat(parts);
}

function writeValue(value: TableValue): readonly Buffer[] {
  if (value === null) return [Buffer.from('V')];
  if (Buffer.isBuffer(value)) return long('x', value);
  switch (typeof value) {
    case 'boolean':
      return [Buffer.from([0x74, value ? 1 : 0])];
    case 'string':
      return long('S', Buffer.from(value));
    case 'bigint': {
      const bytes = Buffer.from('l00000000');
      bytes.writeBigInt64BE(value, 1);
      return [bytes];
    }
    case 'number':
      return [writeNumber(value)];
    case 'object':
      break;
    case 'function':
    case 'symbol':
    case 'undefined':
      throw new TypeError(`a table cannot hold a ${typeof value}`);
  }
  if (isArray(value)) return long('A', Buffer.concat(value.flatMap((item) => writeValue(item))));
  if (isTimestamp(value)) {
    const bytes = Buffer.from('T00000000');
    bytes.writeBigUInt64BE(value.seconds, 1);
    return [bytes];
  }
  if (isDecimal(value)) {
    const bytes = Buffer.from('D00000');
    bytes.writeUInt8(value.places, 1);
    bytes.writeInt32BE(value.digits, 2);
    return [bytes];
  }
  return long('F', writeTable(value));
}

function writeNumber(value: number): Buffer {
  if (Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31) {
    const bytes = Buffer.from('I0000');
    bytes.writeInt32BE(value, 1);
    return bytes;
  }
  if (Number.isSafeInteger(value)) {
    const bytes = Buffer.from('l00000000');
    bytes.writeBigInt64BE(BigInt(value), 1);
    return bytes;
  }
  const bytes = Buffer.from('d00000000');
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function long(kind: string, value: Buffer): readonly Buffer[] {
  const head = Buffer.from(`${kind}0000`);
  head.writeUInt32BE(value.length, 1);
  return [head, value];
}

type Compound = Exclude<TableValue, boolean | number | bigint | string | Buffer | null>;

const isArray = (value: Compound): value is readonly TableValue[] => Array.isArray(value);
const isTimestamp = (value: Exclude<Compound, readonly TableValue[]>): value is Timestamp =>
  value['type'] === 'timestamp' && typeof value['seconds'] === 'bigint';
const isDecimal = (value: Exclude<Compound, readonly TableValue[]>): value is Decimal =>
  value['type'] === 'decimal' && typeof value['digits'] === 'number';
