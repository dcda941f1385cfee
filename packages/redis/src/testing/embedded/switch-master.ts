import { hostOf, portOf, type EndpointId } from '@failover/core';
import { noFailover } from './election.ts';
import { describeInstance, type MasterState } from './master-state.ts';
import type { SentinelCore } from './sentinel-core.ts';

/** From now on `address` is the master; the old one becomes a replica of it, dead or not. */
export function switchMaster(core: SentinelCore, state: MasterState, address: EndpointId): void {
  const old = state.master.address;
  core.announce(
    '+switch-master',
    `${state.name} ${hostOf(old)} ${portOf(old)} ${hostOf(address)} ${portOf(address)}`,
  );
  const replicas = [...state.replicas.keys(), old].filter((replica) => replica !== address);
  state.master.link.close();
  for (const replica of state.replicas.values()) replica.link.close();
  state.replicas.clear();
  state.master = core.add('master', address, '');
  state.objectivelyDownSince = undefined;
  state.failover = noFailover;
  state.vote = { leader: undefined, epoch: state.vote.epoch };
  for (const sentinel of state.sentinels.values()) {
    sentinel.saysMasterDown = false;
    sentinel.vote = { leader: undefined, epoch: sentinel.vote.epoch };
  }
  for (const replica of replicas) {
    const instance = core.add('replica', replica, '');
    state.replicas.set(replica, instance);
    core.announce('+slave', describeInstance(state, instance));
  }
}
