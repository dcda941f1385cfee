import type { Cancel } from '@failover/core';
import type { Broker } from './broker.ts';
import type { AmqpProblem } from './problem.ts';
import type { VirtualHost } from './virtual-host.ts';

/** What a channel knows of its connection, and may ask of it. */
export interface ConnectionContext {
  /** What exclusive queues belong to. */
  readonly id: object;
  readonly broker: Broker;
  readonly vhost: VirtualHost;
  /** Name of the node that it is on. */
  readonly node: string;
  readonly user: string;
  readonly frameMax: number;
  /** The client said that it understands `basic.cancel`. */
  readonly takesCancels: boolean;
  /** The client does not read what is sent. */
  readonly isCongested: boolean;
  send(...frames: readonly Buffer[]): void;
  /** Ends the connection; class and method are those that failed. */
  fail(problem: AmqpProblem, methodId: number): void;
  /** A timer of the node. */
  after(ms: number, callback: () => void): Cancel;
  /** Now, or when the node goes on. */
  run(action: () => void): void;
  /** After all that came in one piece. */
  afterChunk(action: () => void): void;
}
