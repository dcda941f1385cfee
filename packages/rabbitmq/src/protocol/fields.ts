import { FrameError } from './frame.ts';
import type { Table } from './table.ts';
import { readTable, writeTable } from './table.ts';

/** Types of method arguments. `flag` is one bit; neighbours share an octet. @see specification, 4.2.5 */
export interface FieldValues {
  readonly octet: number;
  readonly short: number;
  readonly long: number;
  /** Tags and sizes: whole numbers below 2^53. */
  readonly longlong: number;
  readonly flag: boolean;
  readonly shortstr: string;
  readonly longstr: Buffer;
  readonly table: Table;
}

export type FieldType = keyof FieldValues;

/** Reads arguments one after the other. @throws FrameError beyond the end. */
export class FieldReader {
  at: number;
  private flags = 0;
  private flagsLeft = 0;
  private readonly bytes: Buffer;
  private readonly end: number;

  constructor(bytes: Buffer, from: number, end: number) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  read<T extends FieldType>(type: T): FieldValues[T];
  read(type: FieldType): FieldValues[FieldType] {
    if (type !== 'flag') this.flagsLeft = 0;
    switch (type) {
      case 'octet':
        return this.bytes[this.skip(1)] as number;
      case 'short':
        return this.bytes.readUInt16BE(this.skip(2));
      case 'long':
        return this.bytes.readUInt32BE(this.skip(4));
      case 'longlong': {
        const from = this.skip(8);
        return this.bytes.readUInt32BE(from) * 2 ** 32 + this.bytes.readUInt32BE(from + 4);
      }
      case 'flag': {
        if (this.flagsLeft === 0) {
          this.flags = this.bytes[this.skip(1)] as number;
          this.flagsLeft = 8;
        }
        const bit = (this.flags >> (8 - this.flagsLeft)) & 1;
        this.flagsLeft -= 1;
        return bit === 1;
      }
      case 'shortstr': {
        const length = this.bytes[this.skip(1)] as number;
        const from = this.skip(length);
        return this.bytes.toString('utf8', from, from + length);
      }
      case 'longstr': {
        const length = this.bytes.readUInt32BE(this.skip(4));
        const from = this.skip(length);
        return this.bytes.subarray(from, from + length);
      }
      case 'table': {
        const length = this.bytes.readUInt32BE(this.skip(4));
        const from = this.skip(length);
        return readTable(this.bytes, from, from + length);
      }
    }
  }

  private skip(count: number): number {
    const from = this.at;
    this.at += count;
    if (this.at > this.end) throw new FrameError('a frame ends in the middle of its fields');
    return from;
  }
}

/** Gathers arguments. */
export class FieldWriter {
  private readonly parts: Buffer[] = [];
  private flags = 0;
  private flagCount = 0;

  write<T extends FieldType>(type: T, value: FieldValues[T]): void;
  write(type: FieldType, value: FieldValues[FieldType]): void {
    if (type !== 'flag') this.sealFlags();
    switch (type) {
      case 'flag':
        if (this.flagCount === 8) this.sealFlags();
        if (value === true) this.flags |= 1 << this.flagCount;
        this.flagCount += 1;
        return;
      case 'octet':
        this.parts.push(Buffer.from([value as number]));
        return;
      case 'short':
      case 'long': {
        const bytes = Buffer.allocUnsafe(type === 'short' ? 2 : 4);
        bytes.writeUIntBE(value as number, 0, bytes.length);
        this.parts.push(bytes);
        return;
      }
      case 'longlong': {
        const bytes = Buffer.allocUnsafe(8);
        writeLonglong(bytes, 0, value as number);
        this.parts.push(bytes);
        return;
      }
      case 'shortstr': {
        const text = Buffer.from(value as string);
        if (text.length > 255)
          throw new RangeError(`"${(value as string).slice(0, 40)}…" is above 255 bytes`);
        this.parts.push(Buffer.from([text.length]), text);
        return;
      }
      case 'longstr':
        this.pushLong(value as Buffer);
        return;
      case 'table':
        this.pushLong(writeTable(value as Table));
    }
  }

  bytes(): Buffer {
    this.sealFlags();
    return Buffer.concat(this.parts);
  }

  private pushLong(value: Buffer): void {
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(value.length);
    this.parts.push(length, value);
  }

  private sealFlags(): void {
    if (this.flagCount > 0) this.parts.push(Buffer.from([this.flags]));
    this.flags = 0;
    this.flagCount = 0;
  }
}

/** Two halves: a BigInt for each tag would cost more than all else that is done to a message. */
export function writeLonglong(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  bytes.writeUInt32BE(value % 2 ** 32, at + 4);
}

export function readLonglong(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}
