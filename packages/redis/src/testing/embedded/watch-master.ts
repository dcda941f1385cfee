import { hostOf, portOf } from '@failover/core';
import { itemsOf, textOf } from '../../protocol/value.ts';
import {
  castVote,
  electedLeader,
  failoverStep,
  frontRunner,
  mayStart,
  startFailover,
  type Vote,
} from './election.ts';
import { formatHello, helloChannel } from './hello.ts';
import { isInfoDue, isLinkStuck, isPingDue, isSilentTooLong, type Instance } from './instance.ts';
import { currentAddress, describeInstance, isFailingOver, type MasterState } from './master-state.ts';
import { perform } from './perform.ts';
import { readInfo } from './read-info.ts';
import { reconfigureReplicas } from './reconfigure.ts';
import { selectReplica } from './select-replica.ts';
import { adoptEpoch, type SentinelCore } from './sentinel-core.ts';
import { switchMaster } from './switch-master.ts';

const publishMs = 2_000;
const askMs = 1_000;
const tiltMs = 30_000;

/** One tick of one Sentinel for one master. @see sentinelHandleRedisInstance in Redis */
export function watchMaster(core: SentinelCore, state: MasterState): void {
  const now = core.runtime.now();
  keepInTouch(core, state, state.master);
  if (!isTilted(core)) {
    noticeDown(core, state, state.master);
    noticeObjectivelyDown(core, state);
    const { failover, failoverTimeoutMs } = state;
    if (mayStart(failover, state.objectivelyDownSince !== undefined, failoverTimeoutMs, now)) {
      beginFailover(core, state, false);
      askOthers(core, state, true);
    }
    perform(core, state, failoverStep(state.failover, electionView(core, state), now));
    reconfigureReplicas(core, state);
    askOthers(core, state, false);
  }
  for (const instance of [...state.replicas.values(), ...state.sentinels.values()]) {
    keepInTouch(core, state, instance);
    if (!isTilted(core)) noticeDown(core, state, instance);
  }
  if (state.failover.state === 'update_config' && state.failover.promoted !== undefined) {
    switchMaster(core, state, state.failover.promoted);
  }
}

/** Begins a failover, forced or because the master is objectively down. */
export function beginFailover(core: SentinelCore, state: MasterState, isForced: boolean): void {
  const now = core.runtime.now();
  core.currentEpoch += 1;
  for (const replica of state.replicas.values()) replica.reconfiguration = 'none';
  state.failover = startFailover(core.currentEpoch, isForced, core.runtime.random(), now);
  core.announce('+new-epoch', String(core.currentEpoch));
  core.announce('+try-failover', describeInstance(state, state.master));
}

/** Votes as another Sentinel, or we ourselves, ask. */
export function voteFor(core: SentinelCore, state: MasterState, epoch: number, leader: string): Vote {
  adoptEpoch(core, epoch);
  const cast = castVote(state.vote, core.currentEpoch, { epoch, leader });
  state.vote = cast.vote;
  if (cast.isCast) {
    core.announce('+vote-for-leader', `${leader} ${cast.vote.epoch}`);
    if (leader !== core.myId) {
      // Whoever voted lets the other try first.
      const startedAt = core.runtime.now() + Math.floor(core.runtime.random() * askMs);
      state.failover = { ...state.failover, startedAt };
    }
  }
  return state.vote;
}

export function bestReplica(core: SentinelCore, state: MasterState): ReturnType<typeof selectReplica> {
  const candidates = [...state.replicas.values()].map((replica) => ({
    address: replica.address,
    runId: replica.runId,
    isDown: replica.downSince !== undefined,
    isLinked: replica.link.isConnected,
    availableAt: replica.link.availableAt,
    infoAt: replica.infoAt,
    linkDownMs: replica.info?.linkDownMs ?? 0,
    priority: replica.info?.priority ?? 100,
    offset: replica.info?.offset ?? 0,
  }));
  const health = { downSince: state.master.downSince, downAfterMs: state.downAfterMs };
  return selectReplica(candidates, health, core.runtime.now());
}

function electionView(core: SentinelCore, state: MasterState): Parameters<typeof failoverStep>[1] {
  const { failover } = state;
  const selected = failover.promoted === undefined ? undefined : state.replicas.get(failover.promoted);
  return {
    isLeader() {
      const others = [...state.sentinels.values()].map(({ vote }) => vote);
      const front = frontRunner(others, core.currentEpoch);
      const mine = voteFor(core, state, failover.epoch, front ?? core.myId);
      const voters = others.length + 1;
      return electedLeader([...others, mine], failover.epoch, voters, state.quorum) === core.myId;
    },
    chosen: () => bestReplica(core, state),
    isPromotedLinked: selected?.link.isConnected === true,
    failoverTimeoutMs: state.failoverTimeoutMs,
  };
}

function isTilted(core: SentinelCore): boolean {
  if (core.tiltSince === undefined) return false;
  if (core.runtime.now() - core.tiltSince < tiltMs) return true;
  core.tiltSince = undefined;
  core.announce('-tilt', '#tilt mode exited');
  return false;
}

function keepInTouch(core: SentinelCore, state: MasterState, instance: Instance): void {
  const now = core.runtime.now();
  const { link } = instance;
  if (isLinkStuck(instance, state.downAfterMs, now)) link.close();
  link.reconnect();
  if (!link.isConnected || link.pending >= 100) return;
  const isInDoubt = state.objectivelyDownSince !== undefined || isFailingOver(state);
  if (isInfoDue(instance, isInDoubt, now)) {
    link.send(['INFO'], (value) => {
      const text = textOf(value);
      // A link that was closed meanwhile belongs to the past.
      if (text !== undefined && isCurrent(state, instance)) readInfo(core, state, instance, text);
    });
  }
  if (isPingDue(instance, state.downAfterMs, now)) link.ping();
  if (now - instance.publishedAt > publishMs) {
    instance.publishedAt = now;
    link.send(['PUBLISH', helloChannel, helloText(core, state)]);
  }
}

function isCurrent(state: MasterState, instance: Instance): boolean {
  return state.master === instance || state.replicas.get(instance.address) === instance;
}

function helloText(core: SentinelCore, state: MasterState): string {
  return formatHello({
    sentinel: core.endpoint,
    runId: core.myId,
    currentEpoch: core.currentEpoch,
    name: state.name,
    master: currentAddress(state),
    configEpoch: state.configEpoch,
  });
}

function noticeDown(core: SentinelCore, state: MasterState, instance: Instance): void {
  const now = core.runtime.now();
  const isDown = isSilentTooLong(instance, state.downAfterMs, now);
  if (isDown === (instance.downSince !== undefined)) return;
  instance.downSince = isDown ? now : undefined;
  core.announce(isDown ? '+sdown' : '-sdown', describeInstance(state, instance));
}

function noticeObjectivelyDown(core: SentinelCore, state: MasterState): void {
  const agreeing = [...state.sentinels.values()].filter((one) => one.saysMasterDown).length + 1;
  const isDown = state.master.downSince !== undefined && agreeing >= state.quorum;
  if (isDown === (state.objectivelyDownSince !== undefined)) return;
  state.objectivelyDownSince = isDown ? core.runtime.now() : undefined;
  const detail = isDown ? ` #quorum ${agreeing}/${state.quorum}` : '';
  core.announce(isDown ? '+odown' : '-odown', describeInstance(state, state.master) + detail);
}

/** Do the others see the master down, and would they vote for us? @see sentinelAskMasterStateToOtherSentinels */
function askOthers(core: SentinelCore, state: MasterState, isUrgent: boolean): void {
  const now = core.runtime.now();
  for (const sentinel of state.sentinels.values()) {
    if (now - sentinel.answeredAt > askMs * 5) {
      sentinel.saysMasterDown = false;
      sentinel.vote = { leader: undefined, epoch: sentinel.vote.epoch };
    }
    if (state.master.downSince === undefined || !sentinel.link.isConnected) continue;
    if (!isUrgent && now - sentinel.answeredAt < askMs) continue;
    const leader = isFailingOver(state) ? core.myId : '*';
    const { address } = state.master;
    sentinel.link.send(
      ['SENTINEL', 'IS-MASTER-DOWN-BY-ADDR', hostOf(address), portOf(address), core.currentEpoch, leader],
      (value) => {
        const [isDown, voted, epoch] = itemsOf(value) ?? [];
        if (isDown?.type !== 'integer' || epoch?.type !== 'integer') return;
        sentinel.answeredAt = core.runtime.now();
        sentinel.saysMasterDown = isDown.value === 1;
        const name = textOf(voted);
        if (name !== undefined && name !== '*') sentinel.vote = { leader: name, epoch: Number(epoch.value) };
      },
    );
  }
}
