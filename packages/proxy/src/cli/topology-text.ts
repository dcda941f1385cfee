import { colors as pc } from '../colors.ts';
import {
  claimHolder,
  type ServerDescription,
  type TargetDescription,
  type TopologyDescription,
} from '@failover/core';

const stateColour = {
  steady: pc.green,
  suspect: pc.yellow,
  'failing-over': pc.yellow,
  discovering: pc.cyan,
  unavailable: pc.red,
} as const;
const availabilityColour = {
  up: pc.green,
  suspect: pc.yellow,
  draining: pc.yellow,
  down: pc.red,
  unknown: pc.dim,
} as const;

/** One cluster as lines: its targets, then its servers, the primary first and the witnesses last. */
export function topologyText(name: string, topology: TopologyDescription): readonly string[] {
  const targets = [...topology.targets.values()];
  const servers = [...topology.servers.values()].sort(
    (left, right) => rank(left) - rank(right) || left.endpoint.localeCompare(right.endpoint),
  );
  const width = Math.max(
    0,
    ...[...targets.map(({ id }) => id), ...servers.map(({ endpoint }) => endpoint)].map(
      (text) => text.length,
    ),
  );
  return [
    `${pc.bold(name)} (${topology.backend})`,
    ...targets.map((target) => `  ${target.id.padEnd(width)}  ${targetText(target)}`),
    ...servers.map((server) => `  ${server.endpoint.padEnd(width)}  ${serverText(server)}`),
  ];
}

function targetText(target: TargetDescription): string {
  const state = stateColour[target.state](target.state.padEnd(12));
  const holder = claimHolder(target.claim);
  if (holder === undefined) return state.trimEnd();
  const epoch = target.epoch === undefined ? '' : `, epoch ${target.epoch.join('.')}`;
  return `${state} ${holder} (${target.claim.type}${epoch})`;
}

function serverText(server: ServerDescription): string {
  const availability = availabilityColour[server.availability](server.availability.padEnd(12));
  const error = server.lastError === undefined ? '' : pc.dim(`  ${server.lastError}`);
  return `${availability} ${server.role}${error}`;
}

function rank(server: ServerDescription): number {
  return ['primary', 'replica', 'peer', 'arbiter', 'unknown', 'witness'].indexOf(server.role);
}
