import { describe, expect, it } from 'vitest';
import type { OperationRecord } from '../load/operation.ts';
import type { Sighting } from '../prober/sighting.ts';
import { isDisturbed, judge, type RunFacts, servedAgainAt, successorOf } from './judge.ts';

const OLD = 1;
const NEW = 2;

function facts(
  fault: RunFacts['fault'],
  sightings: readonly Sighting[],
  surviving: readonly string[],
): RunFacts {
  return {
    fault,
    faultAt: 1000,
    oldPort: OLD,
    newPort: NEW,
    log: { sightings, worstLagMs: 0 },
    survivingProbes: new Set(surviving),
  };
}

const role = (port: number, at: number): Sighting => ({ type: 'role', port, role: 'master', at });
const wrote = (port: number, value: string, startedAt: number): Sighting => ({
  type: 'wrote',
  port,
  value,
  startedAt,
  at: startedAt + 1,
});
const op = (
  worker: number,
  value: string,
  invokedAt: number,
  endedAt: number,
  outcome: OperationRecord['outcome'] = 'ok',
): OperationRecord => ({ worker, value, scheduledAt: invokedAt, invokedAt, endedAt, outcome });

const killed = facts('kill', [role(OLD, 900), role(NEW, 2500), wrote(NEW, 'p9', 2501)], ['p9']);

describe('when the servers served again', () => {
  it('is the end of the first write that survived, not of one that was rolled back', () => {
    const log = [role(NEW, 2500), wrote(NEW, 'gone', 2501), wrote(NEW, 'kept', 2511)];
    expect(servedAgainAt(facts('kill', log, ['kept']))).toBe(2512);
  });

  it('is the first ROLE master of the successor on a forced failover, for the old primary still takes writes', () => {
    const log = [role(OLD, 900), wrote(OLD, 'p1', 1001), role(NEW, 1167), wrote(NEW, 'p2', 1168)];
    expect(servedAgainAt(facts('sentinelFailover', log, ['p1', 'p2']))).toBe(1167);
  });

  it('is unknown if no write survived', () => {
    expect(servedAgainAt(facts('kill', [role(NEW, 2500)], []))).toBeNaN();
  });
});

describe('who took over', () => {
  it('is the server of the first write that survived, whoever is primary after the healing', () => {
    const log = [
      role(OLD, 900),
      wrote(OLD, 'p1', 999),
      role(3, 2400),
      wrote(3, 'gone', 2401),
      wrote(3, 'p2', 2411),
    ];
    expect(successorOf(facts('kill', log, ['p1', 'p2']))).toBe(3);
  });

  it('is the first that claimed it if no write survived', () => {
    expect(successorOf(facts('kill', [role(OLD, 900), role(3, 2400)], []))).toBe(3);
    expect(successorOf(facts('kill', [role(OLD, 900)], []))).toBeUndefined();
  });
});

describe('a run in which the servers switched twice', () => {
  it('is told from one in which they switched once', () => {
    expect(isDisturbed(killed)).toBe(false);
    const log = [role(OLD, 900), role(3, 2400), role(NEW, 4000), wrote(NEW, 'p9', 4001)];
    expect(isDisturbed(facts('kill', log, ['p9']))).toBe(true);
  });
});

describe('the judgement of a run', () => {
  it('counts added recovery from the fastest and from the slowest worker', () => {
    const records = [op(0, 'a', 1100, 2510), op(1, 'b', 1100, 2600), op(1, 'c', 2601, 2602)];
    const found = judge(killed, { workers: 2, records, finalValues: ['a', 'b', 'c'] });
    expect(found.outageMs).toBe(1502);
    expect(found.addedFastestMs).toBe(8);
    expect(found.addedSlowestMs).toBe(98);
    expect(found.longestHeldMs).toBe(1500);
  });

  it('calls a worker that never came back infinite', () => {
    const found = judge(killed, { workers: 2, records: [op(0, 'a', 1100, 2510)], finalValues: ['a'] });
    expect(found.addedFastestMs).toBe(8);
    expect(found.addedSlowestMs).toBe(Infinity);
  });

  it('does not take for recovery what the dead primary acknowledged just before', () => {
    const records = [op(0, 'before', 999, 1001), op(0, 'after', 1010, 2520)];
    const found = judge(killed, { workers: 1, records, finalValues: ['before', 'after'] });
    expect(found.addedFastestMs).toBe(18);
  });

  it('does not take for recovery what the old primary acknowledged and lost after it was replaced', () => {
    const forced = facts('sentinelFailover', [role(OLD, 900), role(NEW, 1200)], []);
    const records = [op(0, 'lost', 1210, 1211), op(0, 'late', 1400, 1401), op(0, 'kept', 1500, 1502)];
    const found = judge(forced, { workers: 1, records, finalValues: ['kept'] });
    expect(found.addedFastestMs).toBe(302);
    expect(found.lostByClient).toBe(2);
    expect(found.staleAcks).toBe(1);
  });

  it('does not take for recovery what the old primary still replicated', () => {
    const forced = facts('sentinelFailover', [role(OLD, 900), role(NEW, 1200)], []);
    const records = [op(0, 'replicated', 1190, 1191), op(0, 'kept', 1203, 1204)];
    const found = judge(forced, { workers: 1, records, finalValues: ['replicated', 'kept'] });
    expect(found.addedFastestMs).toBe(4);
  });

  it('sorts a loss before the takeover to Redis', () => {
    const found = judge(killed, {
      workers: 1,
      records: [op(0, 'unreplicated', 998, 999), op(0, 'after', 1010, 2520)],
      finalValues: ['after'],
    });
    expect(found).toMatchObject({ lostByRedis: 1, lostByClient: 0, staleAcks: 0 });
  });

  it('counts doubles, outcomes and what was in flight', () => {
    const records = [
      op(0, 'caught', 999, 1005, 'unknown'),
      op(1, 'held', 1030, 2520),
      op(1, 'resent', 2521, 2522),
      op(2, 'refused', 1300, 1301, 'refused'),
      op(3, 'stuck', 1500, 9000, 'unsettled'),
    ];
    const found = judge(killed, { workers: 4, records, finalValues: ['held', 'resent', 'resent'] });
    expect(found).toMatchObject({ unknown: 1, refused: 1, unsettled: 1, doubled: 1, inFlight: 1, acked: 2 });
  });
});
