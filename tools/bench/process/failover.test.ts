import { expect, it } from 'vitest';
import { sumMetric } from './failover.ts';

const TEXT = [
  '# HELP failover_held_total Operations that were held.',
  '# TYPE failover_held_total counter',
  'failover_held_total{cluster="redis",target="a {b} c"} 3',
  'failover_held_total{cluster="redis",target="d"} 4 1700000000000',
  'failover_held_total_more 100',
  'failover_ready 1',
].join('\n');

it('sums a metric over its labels', () => {
  expect(sumMetric(TEXT, 'failover_held_total')).toBe(7);
  expect(sumMetric(TEXT, 'failover_ready')).toBe(1);
  expect(sumMetric(TEXT, 'failover_held_total', 'target="d"')).toBe(4);
});

it('refuses a metric that is not there instead of calling it 0', () => {
  expect(() => sumMetric(TEXT, 'failover_switches_total')).toThrow('no failover_switches_total');
});
