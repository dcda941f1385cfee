import { FieldWriter } from './fields.ts';
import type { FieldType, FieldValues } from './fields.ts';
import { frame, frameOverheadBytes, frameType } from './frame.ts';
import type { Arguments, Method, MethodName } from './methods.ts';
import { methods } from './methods.ts';
import { encodeProperties } from './properties.ts';
import type { Properties } from './properties.ts';

/** What stands in a reserved field. */
const zero: FieldValues = {
  octet: 0,
  short: 0,
  long: 0,
  longlong: 0,
  flag: false,
  shortstr: '',
  longstr: Buffer.alloc(0),
  table: {},
};

/** One method frame. @example encodeMethod(1, 'channel.open', {}) */
export function encodeMethod<N extends MethodName>(channel: number, name: N, values: Arguments<N>): Buffer {
  const { id, fields } = methods[name];
  const writer = new FieldWriter();
  writer.write('long', id);
  for (const [field, type] of Object.entries<FieldType>(fields)) {
    const value = (values as Readonly<Record<string, FieldValues[FieldType]>>)[field];
    writer.write(type, value ?? zero[type]);
  }
  return frame(frameType.method, channel, writer.bytes());
}

/** The same of a method as it is decoded: with its name. @example methodFrame(1, { name: 'channel.open' }) */
export function methodFrame(channel: number, method: Method): Buffer {
  return encodeMethod(channel, method.name, method as never);
}

/** Header and body frames of a message, none above `frameMax` bytes. */
export function encodeContent(
  channel: number,
  properties: Properties,
  body: Buffer,
  frameMax: number,
): readonly Buffer[] {
  const bodies: Buffer[] = [];
  const piece = frameMax - frameOverheadBytes;
  for (let at = 0; at < body.length; at += piece) {
    bodies.push(frame(frameType.body, channel, body.subarray(at, at + piece)));
  }
  return [frame(frameType.header, channel, encodeProperties(properties, body.length)), ...bodies];
}
