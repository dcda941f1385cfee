import { describe, expect, it } from 'vitest';
import { checkQueues, type QueueVerdict } from './check-queues.ts';
import type { FinalQueues, PopRecord, PushRecord, QueueRecord } from './queue-record.ts';

let nextIndex = 0;
const base = (at: number) => ({
  ...{ index: nextIndex++, process: 'p', key: 'q', scheduledAt: at, invokedAt: at, endedAt: at + 5 },
  ...{ outcome: 'ok' as const },
});
const push = (value: string, at: number, changes: Partial<PushRecord> = {}): PushRecord => ({
  ...{ ...base(at), f: 'push', worker: 0, value },
  ...changes,
});
const pop = (result: string | null, at: number, changes: Partial<PopRecord> = {}): PopRecord => ({
  ...{ ...base(at), f: 'pop', worker: 1, result },
  ...changes,
});
const unknownPop = (at: number): PopRecord => {
  const { result: _result, ...rest } = pop(null, at, { outcome: 'unknown' });
  return rest;
};

const successions = [{ from: 'a', to: 'b', roleAt: 100, exposedFrom: 50 }];
const plain = (...left: readonly string[]): FinalQueues => ({ left: { q: left }, moved: {} });
const moving = (left: readonly string[], moved: readonly string[]): FinalQueues => ({
  ...{ left: { q: left }, moved: { q: moved } },
});
const judge = (history: readonly QueueRecord[], final = plain()): QueueVerdict =>
  checkQueues(history, final, { successions, steady: [] });

describe('what was pushed', () => {
  it('is popped once or left', () => {
    const history = [push('1', 0), push('2', 10), pop('1', 1), pop(null, 20)];
    expect(judge(history, plain('2'))).toMatchObject({ isValid: true, failures: [] });
  });

  it('is lost by us if it is nowhere', () => {
    expect(judge([push('1', 0)])).toMatchObject({ isValid: false, lost: { byUs: { count: 1 } } });
  });

  it('is lost by the backend if it was pushed just before the succession', () => {
    const { isValid, lost } = judge([push('1', 90)]);
    expect([isValid, lost.byBackend.count]).toEqual([true, 1]);
  });

  it('may have been taken by a pop of unknown outcome that ended behind it, one by each', () => {
    const told = (history: readonly QueueRecord[]) => judge(history).lost;
    expect(told([push('1', 0), unknownPop(1)])).toMatchObject({ told: { count: 1 }, byUs: { count: 0 } });
    expect(told([push('1', 0), push('2', 2), unknownPop(1)])).toMatchObject({
      ...{ told: { count: 1 }, byUs: { count: 1 } },
    });
    expect(told([push('1', 20), unknownPop(1)]).byUs.count).toBe(1);
    expect(told([push('1', 0), push('2', 20), unknownPop(21), unknownPop(1)]).byUs.count).toBe(0);
  });

  it('is not excused by a pop that waited in vain or was refused', () => {
    expect(judge([push('1', 0), pop(null, 1)]).lost.byUs.count).toBe(1);
    expect(judge([push('1', 0), { ...unknownPop(1), outcome: 'refused' }]).lost.byUs.count).toBe(1);
  });
});

describe('what was popped', () => {
  it('is doubled silently if it is popped again', () => {
    const verdict = judge([push('1', 0), pop('1', 10), pop('1', 20, { worker: 2 })]);
    expect(verdict).toMatchObject({ isValid: false, doubled: { silently: { count: 1 } } });
  });

  it('is doubled silently if it is left', () => {
    expect(judge([push('1', 0), pop('1', 10)], plain('1')).doubled.silently.count).toBe(1);
  });

  it('is doubled by the backend if it forgot the first pop', () => {
    const { isValid, doubled } = judge([push('1', 0), pop('1', 90), pop('1', 200)]);
    expect([isValid, doubled.byBackend.count]).toEqual([true, 1]);
    expect(judge([push('1', 0), pop('1', 90), pop('1', 200), pop('1', 300)]).doubled).toMatchObject({
      ...{ byBackend: { count: 1 }, silently: { count: 1 } },
    });
  });

  it('is a phantom if nobody pushed it, or its push was told as not executed', () => {
    expect(judge([pop('1', 0)]).phantom.count).toBe(1);
    expect(judge([push('1', 0, { outcome: 'refused' }), pop('1', 10)])).toMatchObject({
      ...{ isValid: false, phantom: { count: 1 } },
    });
    expect(judge([push('1', 0, { outcome: 'unknown' }), pop('1', 10)]).isValid).toBe(true);
  });

  it('comes in the order of its producer, if one consumer takes it', () => {
    const history = [push('1', 0), push('2', 10), pop('2', 20), pop('1', 30)];
    expect(judge(history)).toMatchObject({ isValid: false, reordered: { count: 1 } });
    expect(judge([...history.slice(0, 3), pop('1', 30, { worker: 2 })]).isValid).toBe(true);
  });

  it('may come behind a later one whose pop the backend forgot', () => {
    const history = [push('1', 0), push('2', 10), pop('2', 90), pop('1', 200), pop('2', 210)];
    expect(judge(history)).toMatchObject({ isValid: true, doubled: { byBackend: { count: 1 } } });
  });
});

describe('what is moved', () => {
  it('is in one of both lists, whatever was told of the move', () => {
    const history = [push('1', 0), push('2', 10), pop('1', 20), unknownPop(30)];
    expect(judge(history, moving([], ['1', '2'])).isValid).toBe(true);
    expect(judge(history, moving(['2'], ['1'])).isValid).toBe(true);
    expect(judge(history, moving([], ['1'])).lost.byUs.count).toBe(1);
    expect(judge(history, moving(['2'], ['1', '2'])).doubled.silently.count).toBe(1);
    expect(judge(history, moving([], ['1', '2', '2'])).doubled.silently.count).toBe(1);
  });

  it('is lost by us if its move was acknowledged and it never arrived, or is back', () => {
    expect(judge([push('1', 0), pop('1', 10)], moving([], [])).lost.byUs.count).toBe(1);
    expect(judge([push('1', 0), pop('1', 10)], moving(['1'], [])).isValid).toBe(false);
  });

  it('may be back if the backend forgot the move', () => {
    expect(judge([push('1', 0), pop('1', 90)], moving(['1'], [])).isValid).toBe(true);
  });
});

describe('a consumer', () => {
  const busy = Array.from({ length: 6 }, (_, n) => push(String(n), 200 + n * 10));
  const served = (worker: (n: number) => number) =>
    busy.map(({ value, invokedAt }, n) => pop(value, invokedAt + 1, { worker: worker(n) }));
  const idle = pop(null, 0, { worker: 2 });
  const hung = (history: readonly QueueRecord[]) =>
    checkQueues(history, plain(), { steady: [{ from: 200, to: 300 }] }).hung.count;

  it('is hung if it gets nothing in a steady period in which enough is pushed for all', () => {
    expect(hung([...busy, ...served(() => 1), idle])).toBe(1);
    expect(hung([...busy, ...served((n) => 1 + (n % 2)), idle])).toBe(0);
  });

  it('is not hung if little is pushed', () => {
    expect(hung([...busy.slice(0, 5), ...served(() => 1).slice(0, 5), idle])).toBe(0);
  });

  it('is unsettled if a pop never ends', () => {
    const { outcome: _outcome, endedAt: _endedAt, ...open } = unknownPop(10);
    expect(judge([open])).toMatchObject({ isValid: false, unsettled: { count: 1 } });
  });
});
