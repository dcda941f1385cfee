import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HistoryFormatError, openHistory, readHistory } from './history-file.ts';
import type { OperationRecord } from './operation-record.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-'));
  path = join(folder, 'run.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const base = { index: 0, worker: 1, process: 'p', key: 'k', scheduledAt: 1.5, invokedAt: 2 };
const records: readonly OperationRecord[] = [
  {
    ...base,
    f: 'append',
    value: '1:0\n"é"',
    sentAt: 2.5,
    endedAt: 3,
    outcome: 'ok',
    attempts: 2,
    epoch: '7',
    server: 'a',
  },
  { ...base, f: 'increment', endedAt: 3, outcome: 'unknown', error: 'outcome-unknown' },
  { ...base, f: 'read', endedAt: 3, outcome: 'ok', result: ['1:0', ''] },
  { ...base, f: 'readCounter', endedAt: 3, outcome: 'ok', result: 4 },
  { ...base, f: 'append', value: 'never settled' },
];

async function readAll(): Promise<OperationRecord[]> {
  const read: OperationRecord[] = [];
  for await (const record of readHistory(path)) read.push(record);
  return read;
}

describe('history file', () => {
  it('gives back what was written', async () => {
    {
      using history = openHistory(path);
      for (const record of records) history.write(record);
    }
    expect(await readAll()).toEqual(records);
  });

  it('appends to a history that is there', async () => {
    for (const record of records.slice(0, 2)) {
      using history = openHistory(path);
      history.write(record);
    }
    expect(await readAll()).toEqual(records.slice(0, 2));
  });

  it('holds no more than its buffer', () => {
    using history = openHistory(path, 1_000);
    const written = (): number => readFileSync(path).length;
    for (let sent = 0; sent < 100; sent += 1) {
      history.write(records[0] as OperationRecord);
      const all = (sent + 1) * (Buffer.byteLength(JSON.stringify(records[0])) + 1);
      expect(all - written()).toBeLessThan(1_000);
    }
  });

  it('refuses to write after it was closed', () => {
    const history = openHistory(path);
    history[Symbol.dispose]();
    history[Symbol.dispose]();
    expect(() => history.write(records[0] as OperationRecord)).toThrow(/closed/);
  });

  it.each([
    ['{"index":0', 'is not JSON'],
    ['[]', 'index is not a number'],
    ['null', 'is not an object'],
    [JSON.stringify({ ...base, f: 'append' }), 'value is not a text'],
    [JSON.stringify({ ...base, f: 'delete' }), 'f is delete'],
    [
      JSON.stringify({ ...base, f: 'read', result: [1], endedAt: 1, outcome: 'ok' }),
      'result is not a list of texts',
    ],
    [JSON.stringify({ ...base, f: 'increment', endedAt: 1, outcome: 'fine' }), 'outcome is fine'],
    [JSON.stringify({ ...base, f: 'increment', outcome: 'ok' }), 'has only one of outcome, endedAt'],
  ])('names the line that is no record: %s', async (line, problem) => {
    {
      using history = openHistory(path);
      history.write(records[0] as OperationRecord);
    }
    appendFileSync(path, `${line}\n`);
    await expect(readAll()).rejects.toThrow(HistoryFormatError);
    await expect(readAll()).rejects.toThrow(`${path}:2: ${problem}`);
  });
});
