import { FieldReader } from './fields.ts';
import type { FieldType } from './fields.ts';
import { FrameError, frameHeaderBytes, methodIdAt } from './frame.ts';
import type { Arguments, Method, MethodName } from './methods.ts';
import { methodName, methods } from './methods.ts';

/** Reads the method frame `bytes[from, to)`. @throws FrameError if it is unknown or cut short. */
export function decodeMethod(bytes: Buffer, from: number, to: number): Method {
  if (to - from < frameHeaderBytes + 5) throw new FrameError('a method frame is too short for a method');
  const id = methodIdAt(bytes, from);
  const name = methodName(id);
  if (name === undefined) throw new FrameError(`there is no method ${id >>> 16}.${id & 0xffff}`);
  const reader = new FieldReader(bytes, from + frameHeaderBytes + 4, to - 1);
  const values: Record<string, unknown> = { name };
  for (const [field, type] of Object.entries<FieldType>(methods[name].fields)) {
    const value = reader.read(type);
    if (!field.startsWith('reserved')) values[field] = value;
  }
  return values as Method;
}

/** As `decodeMethod`, for one whose name is known. */
export function decodeAs<N extends MethodName>(
  name: N,
  bytes: Buffer,
  from: number,
  to: number,
): Arguments<N> {
  const method = decodeMethod(bytes, from, to);
  if (method.name !== name) throw new FrameError(`${method.name} where ${name} was expected`);
  return method;
}
