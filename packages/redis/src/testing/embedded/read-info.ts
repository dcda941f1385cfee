import { endpointOf } from '@failover/core';
import { follow } from './follow.ts';
import { parseInfo } from './info.ts';
import type { Instance } from './instance.ts';
import { describeInstance, isPromotedReplica, looksSane, type MasterState } from './master-state.ts';
import { promoted } from './election.ts';
import type { SentinelCore } from './sentinel-core.ts';
import { perform } from './perform.ts';

/** ms: a replica that says master is given the time of four hellos to be a failover that we did not hear of. */
const convertMs = 8_000;

/** What follows from a server's INFO. @see sentinelRefreshInstanceInfo in Redis */
export function readInfo(core: SentinelCore, state: MasterState, instance: Instance, text: string): void {
  const now = core.runtime.now();
  const info = parseInfo(text);
  const before = instance.info;
  instance.info = info;
  instance.infoAt = now;
  if (info.runId !== undefined) instance.runId = info.runId;
  if (info.role !== instance.roleReported) {
    instance.roleReported = info.role;
    instance.roleReportedAt = now;
    if (info.role === 'slave') instance.masterChangedAt = now;
  }
  if (before?.masterHost !== info.masterHost || before?.masterPort !== info.masterPort) {
    instance.masterChangedAt = now;
  }
  if (instance.kind === 'master') {
    if (info.role === 'master') addReplicas(core, state, info.replicas);
    return;
  }
  if (core.tiltSince !== undefined) return;
  if (info.role === 'master') replicaSaysMaster(core, state, instance);
  else replicaFollows(core, state, instance);
}

function addReplicas(
  core: SentinelCore,
  state: MasterState,
  replicas: readonly { readonly host: string; readonly port: number }[],
): void {
  for (const { host, port } of replicas) {
    const address = endpointOf(host, port);
    if (state.replicas.has(address)) continue;
    const replica = core.add('replica', address, '');
    state.replicas.set(address, replica);
    core.announce('+slave', describeInstance(state, replica));
  }
}

function replicaSaysMaster(core: SentinelCore, state: MasterState, replica: Instance): void {
  const now = core.runtime.now();
  if (isPromotedReplica(state, replica)) {
    if (state.failover.state !== 'wait_promotion') return;
    state.configEpoch = state.failover.epoch;
    perform(core, state, promoted(state.failover, now));
    // Everybody hears of it with the next tick.
    for (const instance of [state.master, ...state.replicas.values(), ...state.sentinels.values()]) {
      instance.publishedAt = -Infinity;
    }
    return;
  }
  const isLongUp = replica.downSince === undefined;
  if (looksSane(state, now) && isLongUp && now - replica.roleReportedAt > convertMs) {
    follow(replica, state.master.address);
    core.announce('+convert-to-slave', describeInstance(state, replica));
  }
}

function replicaFollows(core: SentinelCore, state: MasterState, replica: Instance): void {
  const now = core.runtime.now();
  const { info } = replica;
  if (info?.masterHost === undefined || info.masterPort === undefined) return;
  const follows = endpointOf(info.masterHost, info.masterPort);
  if (replica.reconfiguration === 'sent' && follows === state.failover.promoted) {
    replica.reconfiguration = 'inprog';
    core.announce('+slave-reconf-inprog', describeInstance(state, replica));
  }
  if (replica.reconfiguration === 'inprog' && info.isLinkUp) {
    replica.reconfiguration = 'done';
    core.announce('+slave-reconf-done', describeInstance(state, replica));
  }
  if (follows === state.master.address || replica.downSince !== undefined) return;
  if (looksSane(state, now) && now - replica.masterChangedAt > state.failoverTimeoutMs) {
    follow(replica, state.master.address);
    core.announce('+fix-slave-config', describeInstance(state, replica));
  }
}
