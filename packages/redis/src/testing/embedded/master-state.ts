import { hostOf, portOf, type EndpointId, type Ms } from '@failover/core';
import { noFailover, type Failover, type Vote } from './election.ts';
import type { Instance } from './instance.ts';

/** One master with its replicas, and the other Sentinels that watch it, as one Sentinel sees them. */
export interface MasterState {
  readonly name: string;
  readonly quorum: number;
  readonly downAfterMs: number;
  readonly failoverTimeoutMs: number;
  readonly parallelSyncs: number;
  configEpoch: number;
  master: Instance;
  readonly replicas: Map<EndpointId, Instance>;
  /** By run id. */
  readonly sentinels: Map<string, Instance>;
  /** Objectively down since. */
  objectivelyDownSince: Ms | undefined;
  /** For whom we voted. */
  vote: Vote;
  failover: Failover;
}

export type MasterSettings = Pick<
  MasterState,
  'name' | 'quorum' | 'downAfterMs' | 'failoverTimeoutMs' | 'parallelSyncs'
>;

export function createMasterState(settings: MasterSettings, master: Instance): MasterState {
  return {
    ...settings,
    configEpoch: 0,
    master,
    replicas: new Map(),
    sentinels: new Map(),
    objectivelyDownSince: undefined,
    vote: { leader: undefined, epoch: 0 },
    failover: noFailover,
  };
}

export function isFailingOver(state: MasterState): boolean {
  return state.failover.state !== 'none';
}

/** What clients are told: from the promotion on the new master, although the switch is not yet done. */
export function currentAddress(state: MasterState): EndpointId {
  const { failover, master } = state;
  const isPromoted = failover.state === 'reconf_slaves' || failover.state === 'update_config';
  return isPromoted && failover.promoted !== undefined ? failover.promoted : master.address;
}

export function isPromotedReplica(state: MasterState, instance: Instance): boolean {
  return instance.kind === 'replica' && state.failover.promoted === instance.address;
}

/** The master is where and what it should be, as far as we can see now. */
export function looksSane({ master, objectivelyDownSince }: MasterState, now: Ms): boolean {
  return (
    master.roleReported === 'master' &&
    master.downSince === undefined &&
    objectivelyDownSince === undefined &&
    now - master.infoAt < 20_000
  );
}

export function flagsOf(state: MasterState, instance: Instance): readonly string[] {
  const isMaster = instance === state.master;
  return [
    instance.downSince === undefined ? undefined : 's_down',
    isMaster && state.objectivelyDownSince !== undefined ? 'o_down' : undefined,
    { master: 'master', replica: 'slave', sentinel: 'sentinel' }[instance.kind],
    instance.link.isConnected ? undefined : 'disconnected',
    instance.saysMasterDown ? 'master_down' : undefined,
    isMaster && isFailingOver(state) ? 'failover_in_progress' : undefined,
    isPromotedReplica(state, instance) ? 'promoted' : undefined,
    instance.reconfiguration === 'none' ? undefined : `reconf_${instance.reconfiguration}`,
    isMaster && state.failover.isForced ? 'force_failover' : undefined,
  ].filter((flag) => flag !== undefined);
}

/** `slave 127.0.0.1:2 127.0.0.1 2 @ mymaster 127.0.0.1 1`, as in every Sentinel event. */
export function describeInstance(state: MasterState, instance: Instance): string {
  const host = (at: EndpointId): string => `${hostOf(at)} ${portOf(at)}`;
  if (instance.kind === 'master') return `master ${state.name} ${host(instance.address)}`;
  const [word, name] =
    instance.kind === 'replica' ? ['slave', instance.address] : ['sentinel', instance.runId];
  return `${word} ${name} ${host(instance.address)} @ ${state.name} ${host(state.master.address)}`;
}
