import type { Report } from '../adapter.ts';
import type { Observation } from '../model/index.ts';

/** What each report says about its server, whatever the backend. */
export function signsOf(report: Report<unknown>): readonly Observation[] {
  const { endpoint: server } = report.member;
  switch (report.type) {
    case 'said': {
      const { openedAt, roundTripMs } = report;
      const answered = { type: 'serverAnswered', server, openedAt } as const;
      return roundTripMs === undefined
        ? [answered]
        : [answered, { type: 'roundTripSeen', server, roundTripMs }];
    }
    case 'silent':
      return [{ type: 'serverSilent', server, openedAt: report.openedAt, forMs: report.forMs }];
    case 'failed':
      return [{ type: 'serverFailed', server, openedAt: report.openedAt, reason: report.reason }];
  }
}
