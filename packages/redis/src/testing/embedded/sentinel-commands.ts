import { endpointOf, hostOf, portOf } from '@failover/core';
import { array, bulk, error, integer, nullArray, simple, type RespValue } from '../../protocol/value.ts';
import { CommandError, numberFrom } from './data-command.ts';
import { matchesGlob } from './glob.ts';
import type { Instance } from './instance.ts';
import {
  currentAddress,
  describeInstance,
  flagsOf,
  isFailingOver,
  type MasterState,
} from './master-state.ts';
import type { SentinelCore } from './sentinel-core.ts';
import { beginFailover, bestReplica, voteFor } from './watch-master.ts';

const ok = simple('OK');

/** The command SENTINEL. @throws CommandError with the reply's text */
export function sentinelCommand(core: SentinelCore, args: readonly Buffer[]): RespValue {
  const [sub = '', ...rest] = args.map((arg) => arg.toString());
  const name = sub.toLowerCase();
  const arity = arities[name];
  if (arity === undefined) return error(`ERR unknown subcommand '${sub}'. Try SENTINEL HELP.`);
  if (rest.length !== arity) {
    return error(`ERR wrong number of arguments for 'sentinel|${name}' command`);
  }
  const state = core.masters.get(rest[0] ?? '');
  switch (name) {
    case 'myid':
      return bulk(core.myId);
    case 'masters':
      return array([...core.masters.values()].map((one) => describe(core, one, one.master)));
    case 'get-master-addr-by-name': {
      if (state === undefined) return nullArray;
      const address = currentAddress(state);
      return array([bulk(hostOf(address)), bulk(String(portOf(address)))]);
    }
    case 'is-master-down-by-addr':
      return isMasterDown(core, rest);
    case 'flushconfig':
      return ok;
    case 'reset':
      return reset(core, rest[0] ?? '');
    default:
      return state === undefined ? error('ERR No such master with that name') : ofMaster(core, state, name);
  }
}

const arities: Readonly<Record<string, number>> = {
  myid: 0,
  masters: 0,
  flushconfig: 0,
  master: 1,
  replicas: 1,
  slaves: 1,
  sentinels: 1,
  failover: 1,
  ckquorum: 1,
  reset: 1,
  'get-master-addr-by-name': 1,
  'is-master-down-by-addr': 4,
};

function ofMaster(core: SentinelCore, state: MasterState, name: string): RespValue {
  switch (name) {
    case 'master':
      return describe(core, state, state.master);
    case 'replicas':
    case 'slaves':
      return array([...state.replicas.values()].map((one) => describe(core, state, one)));
    case 'sentinels':
      return array([...state.sentinels.values()].map((one) => describe(core, state, one)));
    case 'ckquorum':
      return checkQuorum(state);
    default:
      if (isFailingOver(state)) throw new CommandError('INPROG Failover already in progress');
      if (bestReplica(core, state) === undefined) {
        throw new CommandError('NOGOODSLAVE No suitable replica to promote');
      }
      beginFailover(core, state, true);
      return ok;
  }
}

/** Asked with a run id it casts a vote: only Sentinels may ask so. */
function isMasterDown(core: SentinelCore, [host, port, epoch, leader]: readonly string[]): RespValue {
  const address = endpointOf(host ?? '', numberFrom(Buffer.from(port ?? '')));
  const requestEpoch = numberFrom(Buffer.from(epoch ?? ''));
  const state = [...core.masters.values()].find(({ master }) => master.address === address);
  const isDown = core.tiltSince === undefined && state?.master.downSince !== undefined;
  const vote =
    state === undefined || leader === undefined || leader === '*'
      ? undefined
      : voteFor(core, state, requestEpoch, leader);
  return array([integer(isDown ? 1 : 0), bulk(vote?.leader ?? '*'), integer(vote?.epoch ?? 0)]);
}

function checkQuorum(state: MasterState): RespValue {
  const voters = state.sentinels.size + 1;
  const usable = [...state.sentinels.values()].filter((one) => one.downSince === undefined).length + 1;
  const problems = [
    usable < state.quorum
      ? 'Not enough available Sentinels to reach the specified quorum for this master'
      : '',
    usable < Math.floor(voters / 2) + 1
      ? 'Not enough available Sentinels to reach the majority and authorize a failover'
      : '',
  ].filter((problem) => problem !== '');
  if (problems.length === 0) {
    return simple(`OK ${usable} usable Sentinels. Quorum and failover authorization can be reached`);
  }
  return error(`NOQUORUM ${usable} usable Sentinels. ${problems.join('. ')}`);
}

function reset(core: SentinelCore, pattern: string): RespValue {
  const matching = [...core.masters.values()].filter(({ name }) => matchesGlob(pattern, name));
  for (const state of matching) {
    for (const one of [...state.replicas.values(), ...state.sentinels.values(), state.master])
      one.link.close();
    state.replicas.clear();
    state.sentinels.clear();
    state.master = core.add('master', state.master.address, '');
    state.failover = { ...state.failover, state: 'none', startedAt: 0, promoted: undefined, isForced: false };
    state.objectivelyDownSince = undefined;
    core.announce('+reset-master', describeInstance(state, state.master));
  }
  return integer(matching.length);
}

/** One instance as a map of texts, in Redis's order. */
function describe(core: SentinelCore, state: MasterState, instance: Instance): RespValue {
  const now = core.runtime.now();
  const { link } = instance;
  const since = (at: number | undefined): number => (at === undefined ? 0 : Math.floor(now - at));
  const fields: [string, string | number][] = [
    ['name', nameOf(state, instance)],
    ['ip', hostOf(instance.address)],
    ['port', portOf(instance.address)],
    ['runid', instance.runId],
    ['flags', flagsOf(state, instance).join(',')],
    ['link-pending-commands', link.pending],
    ['link-refcount', 1],
  ];
  if (instance.kind === 'master' && isFailingOver(state))
    fields.push(['failover-state', state.failover.state]);
  fields.push(
    ['last-ping-sent', since(link.pingWaitsSince)],
    ['last-ok-ping-reply', since(link.availableAt)],
    ['last-ping-reply', since(link.pongedAt)],
  );
  if (instance.downSince !== undefined) fields.push(['s-down-time', since(instance.downSince)]);
  if (instance.kind === 'master' && state.objectivelyDownSince !== undefined) {
    fields.push(['o-down-time', since(state.objectivelyDownSince)]);
  }
  fields.push(['down-after-milliseconds', state.downAfterMs]);
  if (instance.kind === 'sentinel') {
    fields.push(
      ['last-hello-message', since(instance.helloAt)],
      ['voted-leader', instance.vote.leader ?? '?'],
      ['voted-leader-epoch', instance.vote.epoch],
    );
  } else {
    fields.push(
      ['info-refresh', instance.infoAt === 0 ? 0 : since(instance.infoAt)],
      ['role-reported', instance.roleReported],
      ['role-reported-time', since(instance.roleReportedAt)],
      ...(instance.kind === 'master' ? masterFields(state) : replicaFields(instance)),
    );
  }
  return { type: 'map', entries: fields.map(([name, value]) => [bulk(name), bulk(String(value))] as const) };
}

function nameOf(state: MasterState, instance: Instance): string {
  if (instance.kind === 'master') return state.name;
  return instance.kind === 'replica' ? instance.address : instance.runId;
}

function masterFields(state: MasterState): [string, string | number][] {
  return [
    ['config-epoch', state.configEpoch],
    ['num-slaves', state.replicas.size],
    ['num-other-sentinels', state.sentinels.size],
    ['quorum', state.quorum],
    ['failover-timeout', state.failoverTimeoutMs],
    ['parallel-syncs', state.parallelSyncs],
  ];
}

function replicaFields({ info }: Instance): [string, string | number][] {
  return [
    ['master-link-down-time', info?.linkDownMs ?? 0],
    ['master-link-status', info?.isLinkUp === true ? 'ok' : 'err'],
    ['master-host', info?.masterHost ?? '?'],
    ['master-port', info?.masterPort ?? 0],
    ['slave-priority', info?.priority ?? 100],
    ['slave-repl-offset', info?.offset ?? 0],
    ['replica-announced', 1],
  ];
}
