import { endpointOf, systemRuntime, type EndpointId, type Runtime } from '@failover/core';
import { freePorts, tcpListen, type Listen } from '@failover/testing';
import { createHandle, type Members } from '../handle.ts';
import type { Member } from '../member.ts';
import { TestbedError, type RedisTestbed, type SentinelEvent, type TestbedOptions } from '../testbed.ts';
import { createDoubleProcess, type DoubleProcess } from './double-process.ts';
import { startDoubleSentinel, type DoubleSentinelOptions } from './sentinel.ts';
import { doubleVersion, startDoubleServer } from './server.ts';

export interface EmbeddedOptions extends TestbedOptions {
  /** Clock, chance and network of the doubles; by default the real ones. */
  readonly runtime?: Runtime;
  /** How they are reached; by default TCP on loopback. */
  readonly listen?: Listen;
  /** Where they listen, servers of each name first, then Sentinels; by default free ports. */
  readonly endpoints?: readonly EndpointId[];
  /** ms between a write and its way to the replicas, default 1. */
  readonly replicationDelayMs?: number;
  /** ms: how often `settled` looks, default 50. */
  readonly lookMs?: number;
  /** Why it is the double, for people. */
  readonly how?: string;
}

/** What only doubles can do. */
export interface EmbeddedTestbed extends RedisTestbed {
  /** What is sent to it does not arrive; it goes on itself. Returns how to heal it. */
  blackHole(member: EndpointId): () => void;
  /** The Sentinel distrusts its clock for 30 s and acts on nothing. */
  tilt(sentinel: EndpointId): void;
  /** A Sentinel that was set up anew: another id, epoch 0, and only the given master known. */
  redeploySentinel(sentinel: EndpointId, masters: ReadonlyMap<string, EndpointId>): Promise<void>;
}

interface DoubleMember extends Member {
  process: DoubleProcess;
  readonly lines: string[];
}

/**
 * Servers and Sentinels at protocol level, for machines without any real ones and for virtual time. Resolves when
 * all of them listen; `settled()` tells when they agree.
 */
export async function launchEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedTestbed> {
  const {
    servers = 3,
    sentinels = 3,
    names = ['mymaster'],
    downAfterMs = 1_000,
    failoverTimeoutMs = 5_000,
  } = options;
  const { runtime = systemRuntime(), listen = tcpListen, password, replicationDelayMs } = options;
  const count = servers * names.length + sentinels;
  const endpoints =
    options.endpoints ?? (await freePorts(count)).map((port) => endpointOf('127.0.0.1', port));
  if (endpoints.length < count)
    throw new TestbedError(`${count} endpoints are needed, ${endpoints.length} given`);
  const groups = new Map(names.map((name, at) => [name, endpoints.slice(at * servers, (at + 1) * servers)]));
  const witnesses = endpoints.slice(servers * names.length, count);
  const masters = new Map<string, EndpointId>();
  for (const [name, [first]] of groups) {
    if (first === undefined) throw new TestbedError(`${name} needs at least one server`);
    masters.set(name, first);
  }

  const doubles = new Map<EndpointId, DoubleMember>();
  const tilts = new Map<EndpointId, () => void>();
  const memories = new Map<EndpointId, () => DoubleSentinelOptions['memory']>();
  const listeners = new Set<(event: SentinelEvent) => void>();

  function member(endpoint: EndpointId, start: (process: DoubleProcess) => Promise<void>): DoubleMember {
    const created = (): DoubleProcess => createDoubleProcess(runtime, listen);
    const double: DoubleMember = {
      process: created(),
      lines: [],
      get isRunning() {
        return double.process.state === 'running';
      },
      kill: () => double.process.kill(),
      hang: () => double.process.hang(),
      resume: () => double.process.resume(),
      async restart() {
        double.process.kill();
        double.process = created();
        await start(double.process);
      },
      log: () => double.lines,
    };
    doubles.set(endpoint, double);
    return double;
  }

  function get(endpoint: EndpointId): DoubleMember {
    const double = doubles.get(endpoint);
    if (double === undefined) throw new TestbedError(`${endpoint} is no member of this testbed`);
    return double;
  }

  for (const [name, group] of groups) {
    for (const endpoint of group) {
      // What CONFIG REWRITE keeps: whom a restarted server follows.
      let master = endpoint === masters.get(name) ? undefined : masters.get(name);
      member(endpoint, (process) =>
        startDoubleServer({
          process,
          endpoint,
          master,
          password,
          replicationDelayMs,
          onRewrite: (next) => (master = next),
        }),
      );
    }
  }

  function freshMemory(
    of: ReadonlyMap<string, EndpointId>,
    replicasOf: (name: string) => readonly EndpointId[],
  ): DoubleSentinelOptions['memory'] {
    const settings = {
      quorum: Math.floor(sentinels / 2) + 1,
      downAfterMs,
      failoverTimeoutMs,
      parallelSyncs: 1,
    };
    const remembered = [...of].map(([name, address]) => ({
      ...settings,
      name,
      address,
      configEpoch: 0,
      votedEpoch: 0,
      replicas: replicasOf(name),
      sentinels: [],
    }));
    return { currentEpoch: 0, masters: remembered };
  }
  // Else a Sentinel that asks before the replicas are linked hears of them only 10 s later.
  const firstMemory = freshMemory(masters, (name) => groups.get(name)?.slice(1) ?? []);

  for (const endpoint of witnesses) {
    const double = member(endpoint, async (process) => {
      const sentinel = await startDoubleSentinel({
        process,
        endpoint,
        password,
        memory: memories.get(endpoint)?.() ?? firstMemory,
        onEvent(event, text) {
          double.lines.push(`${Math.round(runtime.now())} ${event} ${text}`);
          if (double.lines.length > 500) double.lines.shift();
          for (const listener of [...listeners]) listener({ sentinel: endpoint, event, text });
        },
      });
      tilts.set(endpoint, sentinel.tilt);
      memories.set(endpoint, sentinel.memory);
    });
  }

  const members: Members = {
    get,
    onSentinelEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      for (const { process } of doubles.values()) process.kill();
      return Promise.resolve();
    },
  };
  const handle = createHandle({
    kind: 'embedded',
    version: doubleVersion,
    how: options.how ?? 'the embedded double',
    runtime,
    groups,
    sentinels: witnesses,
    members,
    password,
    lookMs: options.lookMs,
  });
  for (const double of doubles.values()) await double.restart();
  return Object.assign(handle, {
    blackHole(endpoint: EndpointId) {
      const { process } = get(endpoint);
      process.blackHole();
      return () => process.healBlackHole();
    },
    tilt: (sentinel: EndpointId) => tilts.get(sentinel)?.(),
    async redeploySentinel(sentinel: EndpointId, of: ReadonlyMap<string, EndpointId>) {
      memories.set(sentinel, () => freshMemory(of, () => []));
      await get(sentinel).restart();
    },
  });
}
