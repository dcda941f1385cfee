import type { Duplex } from 'node:stream';
import type { EndpointId } from '@failover/core';
import { resetStream, type Listen, type Unlisten } from '@failover/testing';
import { replyCode } from '../../protocol/reply-code.ts';
import type { Broker } from './broker.ts';
import { createConnection, type Connection } from './connection.ts';
import { createNodeProcess, type NodeProcess } from './node-process.ts';
import { AmqpProblem } from './problem.ts';

/** One member of the cluster: a listener, its connections, and the process that they live in. */
export interface EmbeddedNode {
  readonly name: string;
  readonly endpoint: EndpointId;
  readonly state: NodeProcess['state'];
  /** It runs, and takes nobody. */
  readonly isDrained: boolean;
  readonly connectionCount: number;
  start(): Promise<void>;
  /** The process is gone; the cluster has yet to notice. */
  kill(): void;
  /** The cluster noticed: whatever its connections had goes back. */
  forget(): void;
  hang(): void;
  resume(): void;
  /** Stops to listen and closes all connections. */
  drain(): void;
  revive(): Promise<void>;
  closeConnections(reason: string): void;
  heedAlarms(): void;
}

export interface NodeOptions {
  readonly name: string;
  readonly endpoint: EndpointId;
  readonly broker: Broker;
  readonly listen: Listen;
  log(text: string): void;
}

export function createNode({ name, endpoint, broker, listen, log }: NodeOptions): EmbeddedNode {
  const connections = new Set<Connection>();
  let process = createNodeProcess(broker.runtime);
  let unlisten: Unlisten | undefined;
  let isDrained = false;
  process.kill();

  function accept(stream: Duplex): void {
    if (process.state === 'dead' || isDrained) return resetStream(stream);
    log(`accepting AMQP connection ${addressOf(stream)}`);
    const connection = createConnection({
      broker,
      process,
      node: name,
      stream,
      onOpen: ({ user, vhost }) =>
        log(
          `connection ${addressOf(stream)}: user '${user}' authenticated and granted access to vhost '${vhost.name}'`,
        ),
      onClosed() {
        connections.delete(connection);
        log(`closing AMQP connection ${addressOf(stream)}`);
      },
    });
    connections.add(connection);
  }

  async function open(): Promise<void> {
    unlisten ??= await listen(endpoint, accept);
  }

  function shut(): void {
    void unlisten?.();
    unlisten = undefined;
  }

  const node: EmbeddedNode = {
    name,
    endpoint,
    get state() {
      return process.state;
    },
    get isDrained() {
      return isDrained;
    },
    get connectionCount() {
      return connections.size;
    },
    async start() {
      if (process.state !== 'dead') return;
      process = createNodeProcess(broker.runtime);
      isDrained = false;
      await open();
    },
    kill() {
      shut();
      process.kill();
    },
    forget() {
      for (const connection of connections) connection.lose();
      connections.clear();
    },
    hang: () => process.hang(),
    resume: () => process.resume(),
    drain() {
      isDrained = true;
      shut();
      node.closeConnections('Node was put into maintenance mode');
    },
    async revive() {
      isDrained = false;
      await open();
    },
    closeConnections(reason) {
      for (const connection of connections) {
        connection.forceClose(new AmqpProblem(replyCode.connectionForced, reason));
      }
    },
    heedAlarms() {
      for (const connection of connections) connection.heedAlarms();
    },
  };
  return node;
}

function addressOf(stream: Duplex): string {
  const { remoteAddress, remotePort } = stream as { remoteAddress?: string; remotePort?: number };
  return remoteAddress === undefined ? '<virtual>' : `${remoteAddress}:${remotePort ?? 0}`;
}
