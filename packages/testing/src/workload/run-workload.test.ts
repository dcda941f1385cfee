import { virtualRuntime, type VirtualRuntime } from '@failover/core/virtual';
import { describe, expect, it } from 'vitest';
import { checkHistory, type OperationRecord } from '../history/index.ts';
import type { Operations } from './operations.ts';
import { runWorkload, type WorkloadOptions, type WorkloadResult } from './run-workload.ts';

class Refused extends Error {
  readonly code = 'busy';
}

/** A store that answers after `latencyMs` of virtual time, or fails as it is told. */
function createStore(clock: VirtualRuntime, latencyMs: number) {
  const lists: Record<string, string[]> = {};
  const counters: Record<string, number> = {};
  const behaviour = { answer: (): 'ok' | 'refuse' | 'vanish' | 'never' => 'ok' };

  function reply<T>(execute: () => T, signal: AbortSignal): Promise<T> {
    const answer = behaviour.answer();
    if (answer === 'refuse') return Promise.reject(new Refused('no'));
    const value = execute();
    return new Promise((resolve, reject) => {
      if (answer === 'vanish') signal.addEventListener('abort', () => reject(new Error('aborted')));
      if (answer === 'ok') clock.after(latencyMs, () => resolve(value));
    });
  }

  const operations: Operations = {
    append: (list, value, signal) =>
      reply(() => {
        (lists[list] ??= []).push(value);
        return { server: 'a', epoch: '1', attempts: 1, secret: 'not for the record' };
      }, signal),
    increment: (counter, signal) =>
      reply(() => {
        counters[counter] = (counters[counter] ?? 0) + 1;
        return undefined;
      }, signal),
    read: (list, signal) => reply(() => ({ values: [...(lists[list] ?? [])] }), signal),
    readCounter: (counter, signal) => reply(() => ({ count: counters[counter] ?? 0 }), signal),
    outcomeOf: (error) => ({ outcome: error instanceof Refused ? 'refused' : 'unknown' }),
  };
  return { operations, behaviour, finalState: { lists, counters } };
}

async function run(changes: Partial<WorkloadOptions> = {}, latencyMs = 5) {
  const clock = virtualRuntime({ seed: 1 });
  const store = createStore(clock, latencyMs);
  const history: OperationRecord[] = [];
  let result: WorkloadResult | undefined;
  void runWorkload({
    clock,
    seed: 7,
    process: 'p',
    workers: 4,
    operations: () => store.operations,
    operationsPerSecond: 100,
    durationMs: 10_000,
    record: (record) => history.push(record),
    ...changes,
  }).then((ended) => (result = ended));
  return {
    clock,
    store,
    history,
    async ended(): Promise<WorkloadResult> {
      await clock.until(() => result !== undefined, 100_000);
      return result as WorkloadResult;
    },
  };
}

describe('workload', () => {
  it('begins each operation when it is due', async () => {
    const { history, ended } = await run();
    expect(await ended()).toMatchObject({
      scheduled: 1_000,
      invoked: 1_000,
      settled: 1_000,
      unsettled: 0,
      notInvoked: 0,
    });
    history.sort((a, b) => a.index - b.index);
    history.forEach((record, position) => {
      expect(record.index).toBe(position);
      expect(record.scheduledAt).toBeCloseTo(position * 10, 6);
      expect(record.invokedAt).toBeCloseTo(record.scheduledAt, 6);
      expect(record.endedAt).toBeCloseTo(record.invokedAt + 5, 6);
    });
    expect(history[0]).not.toHaveProperty('secret');
  });

  it('leaves an honest history, with unique values and all kinds of operations', async () => {
    const { history, store, ended } = await run();
    await ended();
    expect(checkHistory(history, store.finalState)).toMatchObject({
      isValid: true,
      operations: { ok: 1_000 },
    });
    const values = history.flatMap((record) => (record.f === 'append' ? [record.value] : []));
    expect(new Set(values).size).toBe(values.length);
    expect(new Set(history.map(({ f }) => f))).toEqual(
      new Set(['append', 'increment', 'read', 'readCounter']),
    );
    expect(history.find(({ f }) => f === 'append')).toMatchObject({ server: 'a', epoch: '1', attempts: 1 });
  });

  it('asks the same of everybody for the same seed', async () => {
    const asked = async (seed: number): Promise<string> => {
      const { history, ended } = await run({ seed });
      await ended();
      return JSON.stringify(history);
    };
    expect(await asked(1)).toBe(await asked(1));
    expect(await asked(1)).not.toBe(await asked(2));
  });

  it('goes on by its schedule while the server says nothing, and times from the schedule', async () => {
    const { clock, store, history, ended } = await run({ inFlightPerWorker: 10 });
    await clock.advance(1_000);
    store.behaviour.answer = () => 'vanish';
    await clock.advance(1_000);
    // 4 workers with 10 operations each wait; the others are due and late.
    const before = history.length;
    store.behaviour.answer = () => 'ok';
    await clock.advance(1_000);
    expect(history.length).toBe(before);
    const result = await ended();
    expect(result).toMatchObject({ scheduled: 1_000, outcomes: { unknown: 40 }, unsettled: 0 });
    expect(result.invoked + result.notInvoked).toBe(1_000);
    expect(result.notInvoked).toBeGreaterThan(800);
  });

  it('catches up after a pause and shows the delay as latency', async () => {
    const { clock, store, history, ended } = await run({ inFlightPerWorker: 1 }, 5);
    await clock.advance(1_000);
    // Each answer takes 1 s now: one operation of each worker fills it.
    const slow = createStore(clock, 1_000);
    Object.assign(store.operations, slow.operations);
    await clock.advance(500);
    Object.assign(store.operations, createStore(clock, 1).operations);
    expect(await ended()).toMatchObject({ invoked: 1_000, notInvoked: 0, outcomes: { ok: 1_000 } });
    const waits = history.map(({ invokedAt, scheduledAt }) => invokedAt - scheduledAt);
    expect(Math.max(...waits)).toBeGreaterThan(900);
    expect(waits.filter((wait) => wait > 1)).not.toHaveLength(0);
  });

  it('records what a rejection proves', async () => {
    const { store, history, ended } = await run();
    store.behaviour.answer = () => 'refuse';
    const { outcomes } = await ended();
    expect(outcomes.refused + outcomes.ok).toBe(1_000);
    expect(history.filter(({ outcome }) => outcome === 'refused')).toHaveLength(outcomes.refused);
    expect(history.find(({ outcome }) => outcome === 'refused')).toMatchObject({ error: 'busy' });
  });

  it('aborts what takes too long, and counts what does not heed that', async () => {
    const { clock, store, history, ended } = await run({ durationMs: 100, settleMs: 1_000, abortMs: 200 });
    await clock.advance(40);
    store.behaviour.answer = () => 'vanish';
    await clock.advance(30);
    store.behaviour.answer = () => 'never';
    const result = await ended();
    expect(clock.now()).toBeCloseTo(1_300, 6);
    expect(result).toMatchObject({ invoked: 10, settled: 8, unsettled: 2, outcomes: { ok: 5, unknown: 3 } });
    expect(history).toHaveLength(10);
    expect(checkHistory(history, store.finalState).unsettled.count).toBe(2);
  });

  it('ends early when told to, and lets settle what is under way', async () => {
    const abort = new AbortController();
    const { clock, history, ended } = await run({ signal: abort.signal }, 50);
    await clock.advance(995);
    abort.abort();
    expect(await ended()).toMatchObject({ invoked: 100, settled: 100, notInvoked: 0 });
    expect(history).toHaveLength(100);
    expect(clock.pendingTimers).toBe(0);
  });

  it('records a client that throws instead of rejecting', async () => {
    const { store, ended } = await run({ durationMs: 1_000 });
    store.operations.append = () => {
      throw new Refused('synchronous');
    };
    const { outcomes } = await ended();
    expect(outcomes.refused).toBeGreaterThan(0);
    expect(outcomes.ok + outcomes.refused).toBe(100);
  });

  it('leaves no timer behind', async () => {
    const { clock, ended } = await run();
    await ended();
    expect(clock.pendingTimers).toBe(0);
  });
});
