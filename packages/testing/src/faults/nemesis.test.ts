import { describe, expect, it } from 'vitest';
import type { Fault } from './fault.ts';
import { runNemesis, type NemesisOptions } from './nemesis.ts';
import type { ScheduledFault } from './schedule.ts';

const plan: readonly ScheduledFault[] = [
  { index: 0, gapMs: 10, holdMs: 5, fault: { type: 'kill', member: 'primary' } },
  { index: 1, gapMs: 20, holdMs: 0, fault: { type: 'hang', member: 'a' } },
];

/** A cluster that writes down what happens to it, and a clock that only `wait` moves. */
function scene(changes: Partial<NemesisOptions> = {}) {
  const log: string[] = [];
  let now = 0;
  const tell = (what: string) => (fault: Fault) => {
    log.push(`${now} ${what} ${fault.type}`);
    return Promise.resolve();
  };
  const options: NemesisOptions = {
    now: () => now,
    async wait(ms, signal) {
      await Promise.resolve();
      signal.throwIfAborted();
      now += ms;
    },
    async inject(fault) {
      await tell('inject')(fault);
      return () => tell('heal')(fault);
    },
    overcome: tell('overcome'),
    settled: tell('settled'),
    ...changes,
  };
  return { log, options };
}

describe('nemesis', () => {
  it('injects, waits, heals and lets the cluster settle before the next fault', async () => {
    const { log, options } = scene();
    const strikes = await runNemesis(plan, options);
    expect(log).toEqual([
      '10 inject kill',
      '15 overcome kill',
      '15 heal kill',
      '15 settled kill',
      '35 inject hang',
      '35 overcome hang',
      '35 heal hang',
      '35 settled hang',
    ]);
    expect(strikes).toEqual([
      { index: 0, fault: plan[0]?.fault, startedAt: 10, injectedAt: 10, healedAt: 15, settledAt: 15 },
      { index: 1, fault: plan[1]?.fault, startedAt: 35, injectedAt: 35, healedAt: 35, settledAt: 35 },
    ]);
  });

  it.each(['overcome', 'onInjected'] as const)(
    'heals when %s fails, and passes the failure on',
    async (where) => {
      const { log, options } = scene({
        [where]: () => {
          throw new Error('nobody took over');
        },
      });
      await expect(runNemesis(plan, options)).rejects.toThrow('nobody took over');
      expect(log[0]).toBe('10 inject kill');
      expect(log.at(-1)).toMatch(/heal kill$/);
    },
  );

  it('passes on that the cluster did not settle', async () => {
    const { log, options } = scene({ settled: () => Promise.reject(new Error('still one replica')) });
    await expect(runNemesis(plan, options)).rejects.toThrow('still one replica');
    expect(log.at(-1)).toBe('15 heal kill');
  });

  it('heals what is in force when it is aborted, and tells what was done', async () => {
    const abort = new AbortController();
    const { log, options } = scene({
      signal: abort.signal,
      onInjected: (_, index) => {
        if (index === 1) abort.abort();
      },
    });
    const strikes = await runNemesis(plan, options);
    expect(strikes.map(({ index }) => index)).toEqual([0]);
    expect(log.at(-1)).toBe('35 heal hang');
  });

  it('does nothing once it is aborted', async () => {
    const { log, options } = scene({ signal: AbortSignal.abort() });
    expect(await runNemesis(plan, options)).toEqual([]);
    expect(log).toEqual([]);
  });
});
