import type { Report } from '../adapter.ts';
import type { Observation } from '../model/index.ts';

/** What each report says about its server, whatever the backend. */
export function signOf(report: Report<unknown>): Observation {
  const { endpoint: server } = report.member;
  switch (report.type) {
    case 'said':
      return { type: 'serverAnswered', server, openedAt: report.openedAt };
    case 'silent':
      return { type: 'serverSilent', server, openedAt: report.openedAt, forMs: report.forMs };
    case 'failed':
      return { type: 'serverFailed', server, openedAt: report.openedAt, reason: report.reason };
  }
}
