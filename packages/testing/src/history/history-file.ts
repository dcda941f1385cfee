import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { OperationRecord, RecordedOutcome } from './operation-record.ts';

export interface HistoryWriter<R extends object = OperationRecord> extends Disposable {
  /** @throws Error after it was disposed of */
  write(record: R): void;
  flush(): void;
}

/** Bytes gathered before they go to the file. */
const defaultBufferBytes = 64 * 1024;

/**
 * Appends records to a file, one JSON object a line. Writes are synchronous: nothing queues behind a slow
 * disk, and a crash loses at most one buffer.
 */
export function openHistory<R extends object = OperationRecord>(
  path: string,
  bufferBytes: number = defaultBufferBytes,
): HistoryWriter<R> {
  let file: number | undefined = openSync(path, 'a');
  let lines: string[] = [];
  let heldBytes = 0;

  function flush(): void {
    if (file === undefined || lines.length === 0) return;
    const bytes = Buffer.from(lines.join(''));
    for (let from = 0; from < bytes.length;) from += writeSync(file, bytes, from);
    lines = [];
    heldBytes = 0;
  }

  return {
    write(record) {
      if (file === undefined) throw new Error(`history ${path} is closed`);
      const line = `${JSON.stringify(record)}\n`;
      lines.push(line);
      heldBytes += Buffer.byteLength(line);
      if (heldBytes >= bufferBytes) flush();
    },
    flush,
    [Symbol.dispose]() {
      flush();
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** A line of the file is no record. */
export class HistoryFormatError extends Error {
  readonly code = 'history-format';

  constructor(path: string, line: number, problem: string, options?: ErrorOptions) {
    super(`${path}:${line}: ${problem}`, options);
    this.name = 'HistoryFormatError';
  }
}

/**
 * Reads a history one record at a time.
 * @throws HistoryFormatError if a line is no record, with its number
 */
export async function* readHistory(path: string): AsyncGenerator<OperationRecord, void, void> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line !== '') yield parse(path, number, line);
  }
}

const outcomes: readonly (RecordedOutcome | undefined)[] = ['ok', 'refused', 'unknown', 'error', undefined];
const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown): boolean => typeof value === 'string';

function parse(path: string, line: number, text: string): OperationRecord {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (cause) {
    throw new HistoryFormatError(path, line, 'is not JSON', { cause });
  }
  const problem = problemOf(found);
  if (problem !== undefined) throw new HistoryFormatError(path, line, problem);
  return found as OperationRecord;
}

function problemOf(found: unknown): string | undefined {
  if (typeof found !== 'object' || found === null) return 'is not an object';
  const record = found as Partial<Record<string, unknown>>;
  for (const name of ['index', 'worker', 'scheduledAt', 'invokedAt']) {
    if (!isNumber(record[name])) return `${name} is not a number`;
  }
  for (const name of ['process', 'key']) if (!isText(record[name])) return `${name} is not a text`;
  if (!outcomes.includes(record.outcome as RecordedOutcome)) return `outcome is ${String(record.outcome)}`;
  if ((record.outcome === undefined) !== (record.endedAt === undefined))
    return 'has only one of outcome, endedAt';
  const { f, value, result } = record;
  if (f === 'append') return isText(value) ? undefined : 'value is not a text';
  if (f === 'increment') return undefined;
  if (f === 'readCounter')
    return result === undefined || isNumber(result) ? undefined : 'result is not a number';
  if (f === 'read')
    return result === undefined || isTexts(result) ? undefined : 'result is not a list of texts';
  return `f is ${String(f)}`;
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
