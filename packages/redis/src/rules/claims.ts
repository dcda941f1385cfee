import type { EndpointId, Ms, Observation } from '@failover/core';
import { isLive } from './selection.ts';
import type { SentinelState } from './sentinel-state.ts';
import { isFenced, primaryOf } from './sentinel-state.ts';
import { isMaster } from './servers.ts';

/** The majority's word and the server's own together. Told at each answer: core passes over what it knows. */
export function confirm(state: SentinelState, only?: EndpointId): readonly Observation[] {
  const { naming } = state;
  if (naming === undefined || isFenced(state) || (only !== undefined && only !== naming.server)) return [];
  const server = state.servers.get(naming.server);
  if (!isMaster(server)) return [];
  return [
    {
      type: 'claimSeen',
      target: primaryOf(state),
      server: naming.server,
      ground: { type: 'confirmed', epoch: naming.epoch },
      openedAt: server.openedAt,
    },
  ];
}

/** The successor that was chosen says that it is primary, on a connection that was opened since. */
export function provide(
  state: SentinelState,
  server: EndpointId,
  openedAt: Ms,
  now: Ms,
): readonly Observation[] {
  const { selection } = state;
  const isGround =
    isLive(selection, now) &&
    selection.server === server &&
    openedAt >= selection.namedAt &&
    !isFenced(state);
  if (!isGround) return [];
  const ground = { type: 'provisional', namedAt: selection.namedAt } as const;
  return [{ type: 'claimSeen', target: primaryOf(state), server, ground, openedAt }];
}
