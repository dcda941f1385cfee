import { endpointOf, systemRuntime, type EndpointId } from '@failover/core';
import { freePorts, tcpListen } from '@failover/testing';
import { TestbedError, type RabbitTestbed } from '../testbed.ts';
import { createEmbeddedCluster, type EmbeddedCluster, type EmbeddedClusterOptions } from './cluster.ts';

export interface EmbeddedOptions extends Partial<Omit<EmbeddedClusterOptions, 'endpoints'>> {
  /** Default 3. */
  readonly nodes?: number;
  /** Where they listen; by default free ports on loopback. */
  readonly endpoints?: readonly EndpointId[];
  /** Why it is the double, for people. */
  readonly how?: string;
}

/** What only the double can do. */
export interface EmbeddedTestbed extends RabbitTestbed {
  readonly kind: 'embedded';
  /** Its inner state, and passwords to change. */
  readonly cluster: EmbeddedCluster;
}

/** ms between two looks of `settled`. */
const lookMs = 25;

/** A cluster at protocol level, for machines without any RabbitMQ and for virtual time. */
export async function launchEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedTestbed> {
  const { nodes = 3, runtime = systemRuntime(), listen = tcpListen } = options;
  const endpoints =
    options.endpoints ?? (await freePorts(nodes)).map((port) => endpointOf('127.0.0.1', port));
  const cluster = createEmbeddedCluster({ ...options, runtime, listen, endpoints });
  await cluster.start();

  /** Faults are for members only. */
  function known(member: EndpointId): EndpointId {
    if (endpoints.includes(member)) return member;
    throw new TestbedError(`${member} is no member of this testbed`);
  }

  async function settled(timeoutMs = 60_000): Promise<void> {
    const endAt = runtime.now() + timeoutMs;
    for (let left = cluster.leaderless(); left.length > 0; left = cluster.leaderless()) {
      if (runtime.now() > endAt) {
        throw new TestbedError(`not settled within ${timeoutMs} ms: ${left.join(', ')} without a leader`);
      }
      await new Promise<void>((resolve) => {
        runtime.after(lookMs, resolve);
      });
    }
  }

  return {
    kind: 'embedded',
    version: cluster.broker.settings.version,
    how: options.how ?? 'the embedded double',
    runtime,
    cluster,
    members: endpoints,
    nodeNames: new Map(cluster.nodes.map(({ endpoint, name }) => [endpoint, name])),
    management: new Map(),
    config: { name: 'rabbit', servers: endpoints },
    kill: (node) => cluster.kill(known(node)),
    hang: (node) => cluster.hang(known(node)),
    resume: (node) => cluster.resume(known(node)),
    restart: (node) => cluster.restart(known(node)),
    isRunning: (node) => cluster.node(known(node)).state === 'running',
    settled,
    drain: (node) => Promise.resolve(cluster.drain(known(node))),
    revive: (node) => cluster.revive(known(node)),
    closeConnections: (node, reason = 'CLOSED_BY_OPERATOR') =>
      Promise.resolve(cluster.closeConnections(known(node), reason)),
    queueLeader(queue, vhost) {
      const leader = cluster.queueLeader(queue, vhost);
      return Promise.resolve(leader?.state === 'running' ? leader.endpoint : undefined);
    },
    moveLeader: (queue, to, vhost) => Promise.resolve(cluster.moveLeader(queue, known(to), vhost)),
    alarm: (node, on) => Promise.resolve(cluster.alarm(known(node), on)),
    ctl: () => Promise.reject(new TestbedError('the double has no rabbitmqctl')),
    logOf: (node) => cluster.logOf(known(node)),
    [Symbol.asyncDispose]: () => Promise.resolve(cluster.close()),
  };
}
