import { describe, expect, it } from 'vitest';
import { firstAfter, outageOf } from './outage.ts';
import { summarize } from './summary.ts';

const counts = { acknowledged: 12_345, waiting: 0, refused: 1, unknown: 2, errors: 1, closed: 0 };
const good = { lostByUs: 0, lostByServers: 3, whyServersLose: 'Because.', doubled: 0, failures: [] };
const acts = [{ name: 'kill', outage: { serversMs: 1400, clientsMs: 1412, addedMs: 12 } }];

describe('an outage', () => {
  const writes = [1000, 1050, 2400, 2410].map((at) => ({ at, server: at < 2000 ? 'a' : 'b' }));

  it('is that of the servers, and what we added to it', () => {
    expect(outageOf(1000, writes, [[990, 1040, 2412, 2415]])).toEqual({
      serversMs: 1400,
      clientsMs: 1412,
      addedMs: 12,
    });
  });

  it('is never negative: the prober looks only so often', () => {
    expect(outageOf(1000, writes, [[2395]]).addedMs).toBe(0);
  });

  it('has no end if nothing came back', () => {
    expect(outageOf(3000, writes, [[1, 2]])).toEqual({
      serversMs: undefined,
      clientsMs: undefined,
      addedMs: undefined,
    });
  });

  it('is over when the last client is served again', () => {
    expect(outageOf(1000, writes, [[2412], [990, 2500], [2402]])).toMatchObject({
      clientsMs: 1500,
      addedMs: 100,
    });
    expect(outageOf(1000, writes, [[2412], [990]]).clientsMs).toBeUndefined();
  });

  it('is the usual time between two where nothing stood still', () => {
    const steady = Array.from({ length: 100 }, (_, at) => 900 + 10 * at);
    expect(
      outageOf(
        1000,
        [900, 950, 1000, 1050, 1090, 1150].map((at) => ({ at, server: 'a' })),
        [steady],
      ),
    ).toEqual({
      serversMs: 60,
      clientsMs: 10,
      addedMs: 0,
    });
  });

  it('ends with the first instant after the fault', () => {
    expect(firstAfter([1, 2, 3], 1.5)).toBe(2);
    expect(firstAfter([1, 2], 2)).toBeUndefined();
    expect(firstAfter([], 0)).toBeUndefined();
  });
});

describe('the summary', () => {
  it('shows each figure, and why the servers lost something', () => {
    const { lines, code } = summarize(acts, counts, good);
    const text = lines.join('\n');
    expect(code).toBe(0);
    expect(text).toMatch(/kill: the servers were out for +1.40 s/);
    expect(text).toMatch(/kill: added by failover +12 ms/);
    expect(text).toMatch(/acknowledged +12,345/);
    expect(text).toMatch(/lost by the servers +3 {2}Because\./);
    expect(text).toMatch(/errors +2/);
    expect(text).not.toContain('said so');
    const twice = summarize(acts, counts, { ...good, doubledAndTold: 7 });
    expect(twice.lines.join('\n')).toMatch(/came twice and said so +7/);
    expect(twice.code).toBe(0);
  });

  it.each([
    ['something was lost by us', { ...good, lostByUs: 1 }, counts, acts],
    ['something was doubled', { ...good, doubled: 1 }, counts, acts],
    ['a checker complains', { ...good, failures: ['1 stale'] }, counts, acts],
    ['a command was never answered', good, { ...counts, waiting: 1 }, acts],
    [
      'writes never came back',
      good,
      counts,
      [{ name: 'hang', outage: { serversMs: 1, clientsMs: undefined, addedMs: undefined } }],
    ],
  ])('is bad if %s', (_what, verdict, told, played) => {
    expect(summarize(played, told, verdict).code).toBe(1);
  });
});
