import {
  emptyTopology,
  endpoint,
  noClaim,
  target,
  unknownServer,
  withServer,
  withTarget,
  type FailoverState,
  type Role,
  type TopologyDescription,
} from '@failover/core';
import { expect, it } from 'vitest';
import { readiness } from './readiness.ts';

function topology(...targets: readonly (readonly [Role, FailoverState])[]): TopologyDescription {
  return targets.reduce<TopologyDescription>(
    (soFar, [role, state]) =>
      withTarget(soFar, { ...target('s', role), state, since: 0, claim: noClaim, fence: 0 }),
    emptyTopology('x'),
  );
}

const served = (description: TopologyDescription, ...roles: readonly string[]) => ({
  name: 'c',
  roles,
  topology: description,
});

it('is there when every target in use is steady', () => {
  expect(
    readiness('running', [served(topology(['primary', 'steady'], ['replica', 'unavailable']), 'primary')]),
  ).toEqual({
    isReady: true,
    reasons: [],
    degraded: [],
  });
});

it('lists all that is missing', () => {
  const suspect = topology(['primary', 'suspect']);
  const hurt = { ...unknownServer(endpoint('a:1'), 'data'), shard: 's', lastError: 'owes an answer' };
  expect(
    readiness('draining', [served(withServer(suspect, hurt), 'primary'), served(topology(), 'peer')]),
  ).toEqual({
    isReady: false,
    reasons: [
      { reason: 'the process is draining' },
      { cluster: 'c', target: 's/primary', reason: 'suspect (a:1: owes an answer)' },
      { cluster: 'c', reason: 'no target of role peer was seen yet' },
    ],
    degraded: [],
  });
});

it('is not lost with the replicas as long as the primary stands in for them', () => {
  const alone = topology(['primary', 'steady'], ['replica', 'failing-over']);
  expect(readiness('running', [served(alone, 'primary', 'replica')])).toEqual({
    isReady: true,
    reasons: [],
    degraded: [{ cluster: 'c', target: 's/replica', reason: 'failing-over' }],
  });
  const none = topology(['primary', 'suspect'], ['replica', 'failing-over']);
  expect(readiness('running', [served(none, 'replica')]).isReady).toBe(false);
});
