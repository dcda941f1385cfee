import { execFile, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createDestination } from './destination.ts';

const folder = mkdtempSync(join(tmpdir(), 'failover-log-test-'));

it('writes records in order', async () => {
  const file = join(folder, 'log');
  const descriptor = openSync(file, 'w');
  const destination = createDestination(descriptor);
  for (let at = 0; at < 1000; at += 1) destination.write(`${at}\n`);
  await destination.flush();
  closeSync(descriptor);
  expect(readFileSync(file, 'utf8')).toBe(Array.from({ length: 1000 }, (_, at) => `${at}\n`).join(''));
  rmSync(folder, { recursive: true });
});

it('gives up a pipe that broke, and lets the process go on', async () => {
  const destination = createDestination(await brokenPipe());
  destination.write('to nobody\n');
  await destination.flush();
  destination.write('to nobody again\n');
  destination.flushNow();
  await destination.flush();
});

it('drops what a reader does not take, and keeps what it may', async () => {
  const fifo = join(tmpdir(), `failover-log-fifo-${process.pid}`);
  await promisify(execFile)('mkfifo', [fifo]);
  // Read and write, so that opening it waits for nobody; and not blocking, as a pipe of a supervisor.
  const descriptor = openSync(fifo, 0o2 | 0o4000);
  const destination = createDestination(descriptor);
  const record = `${'x'.repeat(1023)}\n`;
  for (let at = 0; at < 3000; at += 1) destination.write(record);
  let read = '';
  const reader = spawn('cat', [fifo]);
  await new Promise<void>((resolve) => {
    reader.stdout.on('data', (chunk: Buffer) => {
      // The first that is read makes room for one more.
      if (read === '') void destination.flush().then(() => destination.write('last\n'));
      read += chunk.toString();
      if (read.endsWith('last\n')) resolve();
    });
  });
  reader.kill();
  const lines = read.trimEnd().split('\n');
  const kept = lines.filter((line) => line === record.trimEnd()).length;
  expect(lines.at(-2)).toBe(`{"level":"warn","dropped":${3000 - kept},"msg":"log records were dropped"}`);
  // A mebibyte, and what the pipe itself holds.
  expect(kept).toBeGreaterThan(1000);
  expect(kept).toBeLessThan(1200);
  closeSync(descriptor);
  rmSync(fifo);
});

/** The writing end of a pipe whose reader is gone. */
async function brokenPipe(): Promise<number> {
  const fifo = join(tmpdir(), `failover-log-broken-${process.pid}`);
  await promisify(execFile)('mkfifo', [fifo]);
  const both = openSync(fifo, 0o2 | 0o4000);
  const writer = openSync(fifo, 0o1 | 0o4000);
  closeSync(both);
  rmSync(fifo);
  return writer;
}
