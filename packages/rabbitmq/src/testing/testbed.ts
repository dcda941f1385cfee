import type { EndpointId, Runtime } from '@failover/core';

/** What a config of this adapter needs in order to follow the testbed. */
export interface TestbedConfig {
  readonly name: string;
  readonly servers: readonly string[];
  /** Base addresses of the HTTP API, if there is one. */
  readonly management?: readonly string[];
  readonly username?: string;
  readonly password?: string;
}

/** A cluster to break, real or embedded: tests and demos are written once for both. */
export interface RabbitTestbed extends AsyncDisposable {
  readonly kind: 'rabbitmq' | 'embedded';
  readonly version: string;
  /** How the servers were found, or why it is the double. */
  readonly how: string;
  /** Reaches the members. */
  readonly runtime: Runtime;
  /** Where each node speaks AMQP. */
  readonly members: readonly EndpointId[];
  /** What RabbitMQ calls them, for example `r1@localhost`. */
  readonly nodeNames: ReadonlyMap<EndpointId, string>;
  /** Base address of each node's HTTP API, for example `http://127.0.0.1:15672`. Empty without the plugin. */
  readonly management: ReadonlyMap<EndpointId, string>;
  readonly config: TestbedConfig;

  /** Ends a node at once; its connections are closed by the kernel (RST or FIN). */
  kill(node: EndpointId): void;
  /** It accepts connections and answers nothing, until `resume`; then it answers late. */
  hang(node: EndpointId): void;
  /** A node that hung for longer than a minute was given up by the others: it must be restarted besides. */
  resume(node: EndpointId): void;
  /** Starts it again with its data, after a kill or instead of it. Resolves when it speaks AMQP as a member. */
  restart(node: EndpointId): Promise<void>;
  isRunning(node: EndpointId): boolean;
  /**
   * Resolves when all that run agree on who runs, and every quorum queue has a leader and all its running replicas.
   * @throws TestbedError with what is still missing
   */
  settled(timeoutMs?: number): Promise<void>;

  /** As `rabbitmq-upgrade drain`: connections are closed with 320, none is accepted, leaders move. */
  drain(node: EndpointId): Promise<void>;
  /** As `rabbitmq-upgrade revive`. */
  revive(node: EndpointId): Promise<void>;
  /** As `rabbitmqctl close_all_connections`, of this node: 320 with the reason. Resolves with how many. */
  closeConnections(node: EndpointId, reason?: string): Promise<number>;
  /** The running node that leads a quorum queue or holds a classic one; `undefined` while there is none. */
  queueLeader(queue: string, vhost?: string): Promise<EndpointId | undefined>;
  /** Moves the leader of a quorum queue; connections stay. Resolves when the other one leads. */
  moveLeader(queue: string, to: EndpointId, vhost?: string): Promise<void>;
  /** A memory alarm of this node, or its end. All nodes block publishers meanwhile. */
  alarm(node: EndpointId, on: boolean): Promise<void>;
  /** `rabbitmqctl` with these arguments: slow, about a second of processor time. Resolves with what it printed. */
  ctl(node: EndpointId, ...args: readonly string[]): Promise<string>;
  /** The last lines that it wrote, to explain a failure. */
  logOf(node: EndpointId): readonly string[];
}

/** The servers do not do what a test needs. */
export class TestbedError extends Error {
  readonly code = 'testbed';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TestbedError';
  }
}
