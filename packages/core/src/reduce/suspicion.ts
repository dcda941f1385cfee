import { accrueFailure, failuresUntilDown } from '../health/index.ts';
import type { Availability, FailoverNews, Observation, ServerDescription } from '../model/index.ts';
import type { ReduceLimits } from './limits.ts';

type Sign = Extract<Observation, { readonly type: 'serverAnswered' | 'serverSilent' | 'serverFailed' }>;

/**
 * Up → suspect → down, and back, of one server. Returns the same object if nothing changed.
 *
 * The generation check: an error of a connection older than the newest one that answered is late, and says
 * nothing about now.
 */
export function suspect(server: ServerDescription, sign: Sign, limits: ReduceLimits): ServerDescription {
  if (sign.type === 'serverAnswered') {
    const answeredOn = Math.max(server.answeredOn ?? sign.openedAt, sign.openedAt);
    const isSame = server.availability === 'up' && server.failures === 0 && server.answeredOn === answeredOn;
    if (isSame) return server;
    const { lastError: _healed, ...rest } = server;
    return { ...rest, availability: 'up', failures: 0, answeredOn };
  }
  const isLate = server.answeredOn !== undefined && sign.openedAt < server.answeredOn;
  if (isLate && limits.disabledGuard !== 'generation') return server;
  if (sign.type === 'serverSilent') {
    const availability: Availability = sign.forMs >= limits.silentDownMs ? 'down' : 'suspect';
    if (server.availability === availability || server.availability === 'down') return server;
    return { ...server, availability, lastError: 'owes an answer' };
  }
  const failures = accrueFailure(server.failures);
  const availability: Availability =
    failures >= failuresUntilDown || server.availability === 'down'
      ? 'down'
      : server.availability === 'unknown'
        ? 'unknown'
        : 'suspect';
  const isSame =
    server.availability === availability && server.failures === failures && server.lastError === sign.reason;
  return isSame ? server : { ...server, availability, failures, lastError: sign.reason };
}

export function availabilityNews(
  before: ServerDescription,
  after: ServerDescription,
): readonly FailoverNews[] {
  if (before.availability === after.availability) return [];
  return [
    {
      type: 'availabilityChanged',
      server: after.endpoint,
      from: before.availability,
      to: after.availability,
      reason: after.lastError ?? 'it answered',
    },
  ];
}
