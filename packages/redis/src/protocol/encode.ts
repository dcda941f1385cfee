import { doubleText } from './resp2.ts';
import type { RespEntry, RespValue } from './value.ts';

export type CommandArgument = string | number | Uint8Array;

const crlf = Buffer.from('\r\n');

/** A command as every server takes it: an array of bulk strings. */
export function encodeCommand(args: readonly CommandArgument[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) pushBulk(parts, '$', typeof arg === 'object' ? arg : Buffer.from(String(arg)));
  return Buffer.concat(parts);
}

/** The bytes of a reply, exactly as tagged. For a client that speaks RESP2, convert it with `toResp2` first. */
export function encodeReply(value: RespValue): Buffer {
  const parts: Uint8Array[] = [];
  pushValue(parts, value);
  return Buffer.concat(parts);
}

function pushValue(parts: Uint8Array[], value: RespValue): void {
  switch (value.type) {
    case 'simple':
      parts.push(Buffer.from(`+${oneLine(value.text)}\r\n`));
      return;
    case 'error':
      parts.push(Buffer.from(`-${oneLine(value.text)}\r\n`));
      return;
    case 'integer':
      parts.push(Buffer.from(`:${value.value}\r\n`));
      return;
    case 'bulk':
      pushBulk(parts, '$', value.bytes);
      return;
    case 'null':
      parts.push(Buffer.from(nullText[value.form]));
      return;
    case 'array':
      pushItems(parts, '*', value.items);
      return;
    case 'set':
      pushItems(parts, '~', value.items);
      return;
    case 'push':
      pushItems(parts, '>', value.items);
      return;
    case 'map':
      pushEntries(parts, '%', value.entries);
      return;
    case 'double':
      parts.push(Buffer.from(`,${doubleText(value.value)}\r\n`));
      return;
    case 'boolean':
      parts.push(Buffer.from(value.value ? '#t\r\n' : '#f\r\n'));
      return;
    case 'bigNumber':
      parts.push(Buffer.from(`(${value.value}\r\n`));
      return;
    case 'bulkError':
      pushBulk(parts, '!', Buffer.from(value.text));
      return;
    case 'verbatim':
      if (value.format.length !== 3)
        throw new RangeError(`verbatim format "${value.format}": three characters`);
      pushBulk(parts, '=', Buffer.concat([Buffer.from(`${value.format}:`), value.bytes]));
      return;
    case 'attributed':
      pushEntries(parts, '|', value.attributes);
      pushValue(parts, value.value);
  }
}

const nullText = { bulk: '$-1\r\n', array: '*-1\r\n', resp3: '_\r\n' };

function pushBulk(parts: Uint8Array[], mark: string, bytes: Uint8Array): void {
  parts.push(Buffer.from(`${mark}${bytes.byteLength}\r\n`), bytes, crlf);
}

function pushItems(parts: Uint8Array[], mark: string, items: readonly RespValue[]): void {
  parts.push(Buffer.from(`${mark}${items.length}\r\n`));
  for (const item of items) pushValue(parts, item);
}

function pushEntries(parts: Uint8Array[], mark: string, entries: readonly RespEntry[]): void {
  parts.push(Buffer.from(`${mark}${entries.length}\r\n`));
  for (const [key, value] of entries) {
    pushValue(parts, key);
    pushValue(parts, value);
  }
}

/** A line break would end the frame early; Redis writes spaces instead too. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ');
}
