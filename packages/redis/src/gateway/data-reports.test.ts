import { targetId } from '@failover/core';
import { describe, expect, it } from 'vitest';
import { createDataReports } from './data-reports.ts';

describe('clients that do not read', () => {
  it('are told once in ten seconds, one by its address and all by their number', () => {
    const told: unknown[] = [];
    let now = 0;
    const cluster = {
      report: () => undefined,
      reportUnknown: () => undefined,
      reportSlow: (_target: unknown, address: string, unreadBytes: number, count: number) =>
        void told.push([address, unreadBytes, count]),
    };
    const reports = createDataReports(cluster, { now: () => now });
    const target = targetId('redis', 'primary');
    reports.tooSlow(target, '10.0.0.1:1', 100);
    for (const port of [2, 3]) reports.tooSlow(target, `10.0.0.1:${port}`, 200);
    now = 10_000;
    reports.tooSlow(target, '10.0.0.2:4', 300);
    expect(told).toEqual([
      ['10.0.0.1:1', 100, 1],
      ['10.0.0.2:4', 300, 3],
    ]);
  });
});
