import type { EndpointId, Ms } from '@failover/core';
import { array, bulk, error, integer, type RespValue } from '../../protocol/value.ts';
import {
  connectionCommands,
  hasArity,
  unknownCommand,
  wrongArity,
  type Host,
} from './connection-commands.ts';
import { CommandError } from './data-command.ts';
import type { DoubleProcess } from './double-process.ts';
import { hearHello } from './hear-hello.ts';
import { helloChannel } from './hello.ts';
import { createInstance } from './instance.ts';
import { createInstanceLink } from './instance-link.ts';
import { createMasterState, type MasterSettings, type MasterState } from './master-state.ts';
import { changeSubscription, isSubscriber, publish, pubsubNames } from './pubsub.ts';
import { randomId } from './replication.ts';
import { createRespListener } from './resp-listener.ts';
import { sentinelCommand } from './sentinel-commands.ts';
import type { SentinelCore } from './sentinel-core.ts';
import { doubleVersion } from './server.ts';
import type { Command, Session } from './session.ts';
import { watchMaster } from './watch-master.ts';

/** What a Sentinel keeps in its config file. */
export interface SentinelMemory {
  readonly myId: string;
  readonly currentEpoch: number;
  readonly masters: readonly RememberedMaster[];
}

export interface RememberedMaster extends MasterSettings {
  readonly address: EndpointId;
  readonly configEpoch: number;
  readonly votedEpoch: number;
  readonly replicas: readonly EndpointId[];
  readonly sentinels: readonly { readonly address: EndpointId; readonly runId: string }[];
}

export interface DoubleSentinelOptions {
  readonly process: DoubleProcess;
  readonly endpoint: EndpointId;
  readonly memory: Omit<SentinelMemory, 'myId'> & { readonly myId?: string };
  /** Of the servers. */
  readonly password?: string | undefined;
  readonly onEvent: (event: string, text: string) => void;
}

export interface DoubleSentinel {
  /** What a restart begins with. */
  memory(): SentinelMemory;
  /** As after a jump of the clock: for 30 s it acts on nothing. */
  tilt(): void;
}

/** ms: a tick that comes so late, or early, means that the clock or the machine is not to be trusted. */
const tiltTriggerMs = 2_000;

/** A Sentinel at protocol level: it watches servers over the wire, real ones too, and elects as Sentinel does. */
export async function startDoubleSentinel(options: DoubleSentinelOptions): Promise<DoubleSentinel> {
  const { process, endpoint, memory } = options;
  const { runtime } = process;
  const masters = new Map<string, MasterState>();

  const listener = createRespListener({
    process,
    endpoint,
    needsPassword: false,
    onCommand: execute,
    onClose: () => undefined,
  });
  const host: Host = {
    version: doubleVersion,
    mode: 'sentinel',
    role: () => undefined,
    password: undefined,
    sessions: listener.sessions,
    drop: listener.drop,
  };
  const core: SentinelCore = {
    runtime,
    endpoint,
    myId: memory.myId ?? randomId(runtime),
    currentEpoch: memory.currentEpoch,
    tiltSince: undefined,
    masters,
    announce(event, text) {
      options.onEvent(event, text);
      publish(listener.sessions(), event, text);
    },
    add(kind, address, runId) {
      const link = createInstanceLink({
        runtime,
        address,
        name: core.myId.slice(0, 8),
        password: kind === 'sentinel' ? undefined : options.password,
        onHello: kind === 'sentinel' ? undefined : (text) => hearHello(core, text),
      });
      return createInstance(kind, address, runId, link, runtime.now());
    },
  };

  for (const remembered of memory.masters) {
    const { name, quorum, downAfterMs, failoverTimeoutMs, parallelSyncs, address } = remembered;
    const settings = { name, quorum, downAfterMs, failoverTimeoutMs, parallelSyncs };
    const state: MasterState = createMasterState(settings, core.add('master', address, ''));
    state.configEpoch = remembered.configEpoch;
    state.vote = { leader: undefined, epoch: remembered.votedEpoch };
    for (const replica of remembered.replicas) {
      state.replicas.set(replica, core.add('replica', replica, ''));
    }
    for (const other of remembered.sentinels) {
      state.sentinels.set(other.runId, core.add('sentinel', other.address, other.runId));
    }
    masters.set(name, state);
  }

  function execute(session: Session, command: Command): void {
    const { name, args } = command;
    if (pubsubNames.has(name)) {
      const isNamed = args.length > 0 || name.includes('unsubscribe');
      if (isNamed) changeSubscription(session, name, args);
      else session.reply(wrongArity(name));
      return;
    }
    if (isSubscriber(session) && !['ping', 'quit', 'reset'].includes(name)) {
      session.reply(
        error(
          `ERR Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
        ),
      );
      return;
    }
    try {
      session.reply(answer(session, command));
    } catch (problem) {
      if (!(problem instanceof CommandError)) throw problem;
      session.reply(error(problem.message));
    }
  }

  function answer(session: Session, command: Command): RespValue {
    const { name, args } = command;
    const known = connectionCommands[name];
    const arity = known?.arity ?? arities[name];
    if (arity === undefined) return unknownCommand(command);
    if (!hasArity(arity, args)) return wrongArity(name);
    if (known !== undefined) return known.run(host, session, args);
    switch (name) {
      case 'sentinel':
        return sentinelCommand(core, args);
      case 'role':
        return array([bulk('sentinel'), array([...masters.keys()].map((master) => bulk(master)))]);
      case 'info':
        return { type: 'verbatim', format: 'txt', bytes: Buffer.from(sentinelInfo(core)) };
      case 'publish':
        if (args[0]?.toString() !== helloChannel) {
          return error('ERR Only HELLO messages are accepted by Sentinel instances.');
        }
        hearHello(core, args[1]?.toString() ?? '');
        return integer(1);
      default:
        return array([]);
    }
  }

  let tickedAt: Ms = runtime.now();
  function tick(): void {
    const now = runtime.now();
    if (now - tickedAt > tiltTriggerMs) enterTilt();
    tickedAt = now;
    for (const state of masters.values()) watchMaster(core, state);
    // Each period differs a little, so that Sentinels do not stay in step and all vote for themselves.
    runtime.after(1_000 / (10 + Math.floor(runtime.random() * 10)), tick);
  }

  function enterTilt(): void {
    core.tiltSince = runtime.now();
    core.announce('+tilt', '#tilt mode entered');
  }

  await listener.start();
  tick();
  return {
    memory: () => ({
      myId: core.myId,
      currentEpoch: core.currentEpoch,
      masters: [...masters.values()].map((state) => ({
        name: state.name,
        quorum: state.quorum,
        downAfterMs: state.downAfterMs,
        failoverTimeoutMs: state.failoverTimeoutMs,
        parallelSyncs: state.parallelSyncs,
        address: state.master.address,
        configEpoch: state.configEpoch,
        votedEpoch: state.vote.epoch,
        replicas: [...state.replicas.keys()],
        sentinels: [...state.sentinels.values()].map(({ address, runId }) => ({ address, runId })),
      })),
    }),
    tilt: enterTilt,
  };
}

const arities: Readonly<Record<string, number>> = {
  sentinel: -2,
  role: 1,
  info: -1,
  publish: 3,
  command: -1,
};

function sentinelInfo(core: SentinelCore): string {
  const lines = [...core.masters.values()].map((state, at) => {
    const status =
      state.objectivelyDownSince !== undefined ? 'odown' : state.master.downSince ? 'sdown' : 'ok';
    return `master${at}:name=${state.name},status=${status},address=${state.master.address},slaves=${state.replicas.size},sentinels=${state.sentinels.size + 1}`;
  });
  return [
    '# Server',
    `redis_version:${doubleVersion}`,
    'redis_mode:sentinel',
    `run_id:${core.myId}`,
    '',
    '# Sentinel',
    `sentinel_masters:${core.masters.size}`,
    `sentinel_tilt:${core.tiltSince === undefined ? 0 : 1}`,
    ...lines,
    '',
  ].join('\r\n');
}
