import { beforeEach, describe, expect, it } from 'vitest';
import { defaultGatewayLimits } from '../limits.ts';
import { Reading } from './reading.ts';

let calls: string[];
let client: { writableNeedDrain: boolean };
let lanes: { inFlightBytes: number; isPaused: boolean };
let line: { size: number; bytes: number };
let reading: Reading;

beforeEach(() => {
  calls = [];
  client = { writableNeedDrain: false };
  lanes = { inFlightBytes: 0, isPaused: false };
  line = { size: 0, bytes: 0 };
  reading = new Reading({
    client: Object.assign(client, {
      pause: () => calls.push('pause'),
      resume: () => calls.push('resume'),
    }) as never,
    context: { limits: { ...defaultGatewayLimits, maxPendingBytes: 100, maxPendingCommands: 10 } },
    lanes,
    turns: { size: 0, heldBytes: 20 },
    line,
  });
});

describe('what a client sends', () => {
  it('is not read while too much waits, and read again when half of it is gone', () => {
    line.bytes = 80;
    reading.pauseIfFull();
    expect(calls).toEqual([]);
    lanes.inFlightBytes = 1;
    reading.pauseIfFull();
    reading.pauseIfFull();
    line.bytes = 40;
    reading.resume();
    expect(calls).toEqual(['pause']);
    line.bytes = 29;
    reading.resume();
    reading.resume();
    expect(calls).toEqual(['pause', 'resume']);
  });

  it('is not read while it is too many commands', () => {
    line.size = 11;
    reading.pauseIfFull();
    line.size = 6;
    reading.resume();
    expect(calls).toEqual(['pause']);
  });

  it('is not read while a shard has enough, or the client does not read', () => {
    reading.pause();
    lanes.isPaused = true;
    reading.resume();
    lanes.isPaused = false;
    client.writableNeedDrain = true;
    reading.resume();
    expect(calls).toEqual(['pause']);
    client.writableNeedDrain = false;
    reading.resume();
    expect(calls).toEqual(['pause', 'resume']);
  });
});
