import { describe, expect, it } from 'vitest';
import { parseCommandStats, peakPerSecond, probeCount } from './commands.ts';

const INFO = [
  '# Commandstats',
  'cmdstat_role:calls=150,usec=100,usec_per_call=0.50,rejected_calls=0,failed_calls=0',
  'cmdstat_ping:calls=10,usec=100,usec_per_call=0.50,rejected_calls=0,failed_calls=0',
  'cmdstat_incr:calls=999,usec=100,usec_per_call=0.50,rejected_calls=1,failed_calls=0',
  'cmdstat_rpush:calls=60,usec=100,usec_per_call=0.50,rejected_calls=40,failed_calls=0',
  'cmdstat_client|kill:calls=1,usec=100,usec_per_call=0.50,rejected_calls=0,failed_calls=0',
].join('\r\n');

describe('counting probes', () => {
  it('leaves out the load and what a replica executes of it', () => {
    expect(probeCount(parseCommandStats(INFO))).toBe(150 + 1);
  });

  it('takes off what the bench itself asks', () => {
    const samples = [0, 500, 1000].map((at) => ({ at, count: at / 5 }));
    expect(peakPerSecond(samples, 100)).toBe(100);
  });

  it('finds the busiest second', () => {
    const samples = [0, 250, 500, 750, 1000, 1250].map((at, index) => ({
      at,
      count: [0, 10, 20, 120, 130, 140][index] ?? 0,
    }));
    expect(peakPerSecond(samples)).toBe(130);
  });

  it('counts from 0 again after a restart', () => {
    expect(
      peakPerSecond([
        { at: 0, count: 1000 },
        { at: 250, count: 5 },
        { at: 500, count: 9 },
      ]),
    ).toBe(9);
  });

  it('does not call a gap a peak', () => {
    expect(
      peakPerSecond([
        { at: 0, count: 0 },
        { at: 5000, count: 5000 },
      ]),
    ).toBe(0);
  });
});
