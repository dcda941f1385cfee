import { endpointOf, systemRuntime, type EndpointId, type Runtime } from '@failover/core';
import { freePorts } from '@failover/testing';
import { createEmbeddedCluster, type EmbeddedCluster, type EmbeddedClusterOptions } from './cluster.ts';
import { tcpListen, type Listen } from './listen.ts';

export interface EmbeddedOptions extends Partial<Omit<EmbeddedClusterOptions, 'endpoints'>> {
  /** Default 3. */
  readonly nodes?: number;
  /** Where they listen; by default free ports on loopback. */
  readonly endpoints?: readonly EndpointId[];
  /** Why it is the double, for people. */
  readonly how?: string;
}

/** A cluster at protocol level, for machines without any RabbitMQ and for virtual time. */
export async function launchEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedTestbed> {
  const runtime: Runtime = options.runtime ?? systemRuntime();
  const listen: Listen = options.listen ?? tcpListen;
  const endpoints =
    options.endpoints ?? (await freePorts(options.nodes ?? 3)).map((port) => endpointOf('127.0.0.1', port));
  const cluster = createEmbeddedCluster({ ...options, runtime, listen, endpoints });
  await cluster.start();

  return {
    kind: 'embedded',
    version: cluster.broker.settings.version,
    how: options.how ?? 'the embedded double',
    runtime,
    cluster,
    members: endpoints,
    nodeNames: new Map(cluster.nodes.map(({ endpoint, name }) => [endpoint, name])),
    config: { name: 'rabbit', servers: endpoints },
    kill: (member) => cluster.kill(member),
    hang: (member) => cluster.hang(member),
    resume: (member) => cluster.resume(member),
    restart: (member) => cluster.restart(member),
    isRunning: (member) => cluster.node(member).state === 'running',
    settled: () => Promise.resolve(),
    drain: (member) => Promise.resolve(cluster.drain(member)),
    revive: (member) => cluster.revive(member),
    closeConnections: (member, reason = 'CLOSED_VIA_MANAGEMENT_PLUGIN') =>
      Promise.resolve(cluster.closeConnections(member, reason)),
    queueLeader: (queue) => Promise.resolve(cluster.queueLeader(queue)?.endpoint),
    moveLeader: (queue, member) => Promise.resolve(cluster.moveLeader(queue, member)),
    alarm: (isOn) => Promise.resolve(cluster.alarm(isOn)),
    logOf: (member) => cluster.logOf(member),
    [Symbol.asyncDispose]: () => Promise.resolve(cluster.close()),
  };
}

export interface EmbeddedTestbed extends AsyncDisposable {
  readonly kind: 'embedded';
  readonly version: string;
  readonly how: string;
  readonly runtime: Runtime;
  readonly cluster: EmbeddedCluster;
  readonly members: readonly EndpointId[];
  readonly nodeNames: ReadonlyMap<EndpointId, string>;
  readonly config: { readonly name: string; readonly servers: readonly string[] };
  kill(member: EndpointId): void;
  hang(member: EndpointId): void;
  resume(member: EndpointId): void;
  restart(member: EndpointId): Promise<void>;
  isRunning(member: EndpointId): boolean;
  settled(timeoutMs?: number): Promise<void>;
  drain(member: EndpointId): Promise<void>;
  revive(member: EndpointId): Promise<void>;
  closeConnections(member: EndpointId, reason?: string): Promise<void>;
  queueLeader(queue: string): Promise<EndpointId | undefined>;
  moveLeader(queue: string, to: EndpointId): Promise<void>;
  alarm(isOn: boolean): Promise<void>;
  logOf(member: EndpointId): readonly string[];
}
