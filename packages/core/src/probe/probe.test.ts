import { describe, expect, it } from 'vitest';
import type { Report } from '../adapter.ts';
import { endpoint } from '../model/index.ts';
import { virtualRuntime } from '../runtime/virtual.ts';
import { startProbe } from './probe.ts';

const everyMs = { idle: 500, alert: 100, fast: 20 };

describe('the round trip that a probe reports', () => {
  it('is not there before it was measured, is a number that stays, and follows a server that became slow', () => {
    const runtime = virtualRuntime({ seed: 5 });
    let tookMs = 2;
    const reports: Report<'here'>[] = [];
    const probe = startProbe<'here'>({
      member: { endpoint: endpoint('a:1'), kind: 'data' },
      runtime,
      everyMs,
      retryMs: everyMs,
      open({ onReady }) {
        runtime.after(1, onReady);
        return {
          openedAt: runtime.now(),
          ask(_round, onReply, onDone) {
            // Its first answer is one of several, and is not the round.
            runtime.after(0.5, () => {
              onReply('here');
            });
            runtime.after(tookMs * (0.9 + 0.2 * runtime.random()), () => {
              onDone();
              onReply('here');
            });
          },
          ping: () => undefined,
          close: () => undefined,
        };
      },
      report: (report) => reports.push(report),
    });
    const trips = () => reports.map((report) => (report.type === 'said' ? report.roundTripMs : NaN));
    runtime.advanceNow(20_000);
    expect(trips().slice(0, 8)).toEqual(Array.from({ length: 8 }, () => undefined));
    const [first, ...more] = new Set(trips().slice(10));
    expect(first).toBeCloseTo(2, 0);
    expect(more).toEqual([]);
    tookMs = 22;
    runtime.advanceNow(10_000);
    expect(trips().at(-1)).toBeGreaterThan(18);
    probe.close();
  });
});
