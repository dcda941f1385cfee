import { endpoint } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { selectReplica, type Candidate } from './select-replica.ts';

const now = 100_000;
const good: Candidate = {
  address: endpoint('10.0.0.2:6379'),
  runId: 'b',
  isDown: false,
  isLinked: true,
  availableAt: now - 500,
  infoAt: now - 500,
  linkDownMs: 1_000,
  priority: 100,
  offset: 50,
};
const better = (changes: Partial<Candidate>): Candidate => ({
  ...good,
  address: endpoint('10.0.0.3:6379'),
  ...changes,
});
const down = { downSince: now - 1_000, downAfterMs: 1_000 };

describe('select replica', () => {
  it.each([
    ['a lower priority number', { priority: 10, offset: 0 }],
    ['more data', { offset: 51 }],
    ['a smaller run id', { runId: 'a' }],
  ])('prefers %s', (_, changes) => {
    expect(selectReplica([good, better(changes)], down, now)).toBe('10.0.0.3:6379');
    expect(selectReplica([better(changes), good], down, now)).toBe('10.0.0.3:6379');
  });

  it.each([
    ['is down', { isDown: true }],
    ['is not linked', { isLinked: false }],
    ['did not answer for 5 s', { availableAt: now - 5_001 }],
    ['gave no INFO for 5 s', { infoAt: now - 5_001 }],
    ['must never be promoted', { priority: 0 }],
    ['lost its master long before', { linkDownMs: 11_001 }],
  ])('passes over one that %s', (_, changes) => {
    expect(selectReplica([better({ ...changes, offset: 99 })], down, now)).toBeUndefined();
  });

  it('takes older news while the master is up', () => {
    const healthy = { downSince: undefined, downAfterMs: 1_000 };
    expect(selectReplica([better({ infoAt: now - 20_000 })], healthy, now)).toBe('10.0.0.3:6379');
  });
});
