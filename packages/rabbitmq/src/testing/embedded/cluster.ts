import type { Cancel, EndpointId, Runtime } from '@failover/core';
import type { Listen } from '@failover/testing';
import type { Health } from './availability.ts';
import { createBroker, type Broker, type MetadataStore } from './broker.ts';
import { createElections } from './election.ts';
import { createNode, type EmbeddedNode } from './node.ts';
import { loseHome, returnHome } from './home-node.ts';

export interface EmbeddedClusterOptions {
  readonly runtime: Runtime;
  readonly listen: Listen;
  /** One node at each. */
  readonly endpoints: readonly EndpointId[];
  /** ms until a quorum queue has another leader after its leader died, default 1000. Of RabbitMQ: about 300. */
  readonly electionMs?: number;
  /** ms until it has another one while its leader hangs, default `electionMs`. Of RabbitMQ: about 6000. */
  readonly hungElectionMs?: number;
  /** Default `khepri`. */
  readonly metadataStore?: MetadataStore;
  /** ms until a node that does not answer is given up, default 65,000. */
  readonly stuckMs?: number;
  /** ms between a message and its confirm, default 0. */
  readonly confirmMs?: number;
  readonly channelMax?: number;
  readonly frameMax?: number;
  readonly heartbeatS?: number;
  readonly version?: string;
  /** Passwords by user, default `guest`. */
  readonly users?: Readonly<Record<string, string>>;
  /** Default `['/']`. */
  readonly vhosts?: readonly string[];
}

/** Nodes that share exchanges, queues and messages, and can be broken one by one. */
export interface EmbeddedCluster {
  readonly broker: Broker;
  readonly nodes: readonly EmbeddedNode[];
  /** By endpoint or name. @throws RangeError if there is none */
  node(of: string): EmbeddedNode;
  /** The last lines that a node wrote. */
  logOf(of: string): readonly string[];
  start(): Promise<void>;
  /** Connections are reset, the listener is closed. */
  kill(of: string): void;
  /** It accepts connections and does nothing; what it owes comes late. */
  hang(of: string): void;
  resume(of: string): void;
  restart(of: string): Promise<void>;
  /** Maintenance: 320 for every client, no new ones, leaders move. */
  drain(of: string): void;
  revive(of: string): Promise<void>;
  /** 320 for its clients; returns how many they are. */
  closeConnections(of: string, reason: string): number;
  /** The node that leads a quorum queue, or holds a classic one. */
  queueLeader(queue: string, vhost?: string): EmbeddedNode | undefined;
  moveLeader(queue: string, to: string, vhost?: string): void;
  /** An alarm of one node blocks publishers everywhere. */
  alarm(of: string, isOn: boolean): void;
  /** Quorum queues that nobody leads at the moment. */
  leaderless(): readonly string[];
  close(): void;
}

const keptLines = 500;

export function createEmbeddedCluster(options: EmbeddedClusterOptions): EmbeddedCluster {
  const { runtime, endpoints, listen } = options;
  const lines = new Map<string, string[]>();
  const givenUp = new Set<string>();
  const patience = new Map<string, Cancel>();

  const broker = createBroker({
    runtime,
    settings: {
      version: options.version ?? '4.0.0',
      channelMax: options.channelMax ?? 2_047,
      frameMax: options.frameMax ?? 131_072,
      heartbeatS: options.heartbeatS ?? 60,
      electionMs: options.electionMs ?? 1_000,
      hungElectionMs: options.hungElectionMs ?? options.electionMs ?? 1_000,
      metadataStore: options.metadataStore ?? 'khepri',
      stuckMs: options.stuckMs ?? 65_000,
      confirmMs: options.confirmMs ?? 0,
    },
    vhosts: options.vhosts ?? ['/'],
    users: options.users ?? { guest: 'guest' },
    nodeNames: endpoints.map((_, at) => nodeName(at)),
    healthOf,
    mayLead: (name) => healthOf(name) === 'up' && !find(name).isDrained,
  });
  const nodes = endpoints.map((endpoint, at) => {
    const name = nodeName(at);
    return createNode({ name, endpoint, broker, listen, log: (text) => log(name, text) });
  });
  const elections = createElections(broker, (text) => {
    for (const { name, state } of nodes) if (state === 'running') log(name, text);
  });

  function log(name: string, text: string): void {
    const own = lines.get(name) ?? [];
    lines.set(name, own);
    own.push(`${Math.round(runtime.now())} ${text}`);
    if (own.length > keptLines) own.shift();
  }

  function healthOf(name: string): Health {
    const state = nodes.find((node) => node.name === name)?.state ?? 'dead';
    switch (state) {
      case 'running':
        return 'up';
      case 'hung':
        return givenUp.has(name) ? 'down' : 'hung';
      case 'dead':
        return 'down';
    }
  }

  function find(of: string): EmbeddedNode {
    const found = nodes.find(({ name, endpoint }) => name === of || endpoint === of);
    if (found === undefined) throw new RangeError(`${of} is no node of this cluster`);
    return found;
  }

  function trustAgain(name: string): void {
    patience.get(name)?.();
    patience.delete(name);
    givenUp.delete(name);
  }

  const queueOf = (queue: string, vhost = '/') => broker.vhosts.get(vhost)?.queues.get(queue);

  return {
    broker,
    nodes,
    node: find,
    logOf: (of) => lines.get(find(of).name) ?? [],
    async start() {
      for (const node of nodes) await node.start();
    },
    kill(of) {
      const node = find(of);
      if (node.state === 'dead') return;
      trustAgain(node.name);
      node.kill();
      log(node.name, 'killed');
      loseHome(broker, node.name);
      elections.review();
      node.forget();
    },
    hang(of) {
      const node = find(of);
      if (node.state !== 'running') return;
      node.hang();
      patience.set(
        node.name,
        runtime.after(broker.settings.stuckMs, () => {
          givenUp.add(node.name);
          loseHome(broker, node.name);
          elections.review();
        }),
      );
      elections.review();
    },
    resume(of) {
      const node = find(of);
      if (node.state !== 'hung') return;
      trustAgain(node.name);
      node.resume();
      elections.review();
    },
    async restart(of) {
      const node = find(of);
      this.kill(of);
      await node.start();
      log(node.name, 'started');
      returnHome(broker, node.name);
      elections.review();
    },
    drain(of) {
      const node = find(of);
      node.drain();
      elections.handOver(node.name);
      log(node.name, 'put into maintenance mode');
    },
    async revive(of) {
      await find(of).revive();
    },
    closeConnections(of, reason) {
      const node = find(of);
      node.closeConnections(reason);
      return node.connectionCount;
    },
    queueLeader(queue, vhost) {
      const home = queueOf(queue, vhost)?.home;
      return home === undefined ? undefined : find(home);
    },
    moveLeader(queue, to, vhost) {
      const { name } = find(to);
      const known = queueOf(queue, vhost);
      if (known?.members.includes(name) !== true) throw new RangeError(`${name} is no member of ${queue}`);
      known.moveTo(name);
    },
    leaderless: () => elections.leaderless().map(({ name }) => name),
    alarm(of, isOn) {
      const { name } = find(of);
      if (isOn) broker.alarms.add(name);
      else broker.alarms.delete(name);
      for (const node of nodes) node.heedAlarms();
    },
    close() {
      for (const cancel of patience.values()) cancel();
      for (const node of nodes) node.kill();
      elections.stop();
    },
  };
}

const nodeName = (at: number): string => `rabbit@node${at + 1}`;
