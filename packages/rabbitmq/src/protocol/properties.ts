import type { FieldType } from './fields.ts';
import { FieldReader, FieldWriter } from './fields.ts';
import type { Table } from './table.ts';

/** Properties of a message. @see specification, 1.8.2 "basic" */
export interface Properties {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly headers?: Table;
  readonly deliveryMode?: number;
  readonly priority?: number;
  readonly correlationId?: string;
  readonly replyTo?: string;
  readonly expiration?: string;
  readonly messageId?: string;
  /** Seconds. */
  readonly timestamp?: number;
  readonly type?: string;
  readonly userId?: string;
  readonly appId?: string;
  readonly clusterId?: string;
}

/** In the order of their flags, from bit 15 down. */
const order: readonly (readonly [keyof Properties, FieldType])[] = [
  ['contentType', 'shortstr'],
  ['contentEncoding', 'shortstr'],
  ['headers', 'table'],
  ['deliveryMode', 'octet'],
  ['priority', 'octet'],
  ['correlationId', 'shortstr'],
  ['replyTo', 'shortstr'],
  ['expiration', 'shortstr'],
  ['messageId', 'shortstr'],
  ['timestamp', 'longlong'],
  ['type', 'shortstr'],
  ['userId', 'shortstr'],
  ['appId', 'shortstr'],
  ['clusterId', 'shortstr'],
];

const basicClass = 60;

/** The payload of a content header. */
export function encodeProperties(properties: Properties, bodySize: number): Buffer {
  const writer = new FieldWriter();
  writer.write('short', basicClass);
  writer.write('short', 0);
  writer.write('longlong', bodySize);
  const flags = order.reduce(
    (bits, [name], at) => bits | (properties[name] === undefined ? 0 : 1 << (15 - at)),
    0,
  );
  writer.write('short', flags);
  for (const [name, type] of order) {
    const value = properties[name];
    if (value !== undefined) writer.write(type, value);
  }
  return writer.bytes();
}

/** Reads the payload of a content header, `bytes[from, to)`. @throws FrameError */
export function decodeProperties(
  bytes: Buffer,
  from: number,
  to: number,
): { readonly properties: Properties; readonly bodySize: number } {
  const reader = new FieldReader(bytes, from, to);
  reader.read('long');
  const bodySize = reader.read('longlong');
  const flags = reader.read('short');
  const found = order
    .filter((_, at) => (flags & (1 << (15 - at))) !== 0)
    .map(([name, type]) => [name, reader.read(type)] as const);
  return { properties: Object.fromEntries(found), bodySize };
}
