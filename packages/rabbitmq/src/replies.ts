import type { EndpointId } from '@failover/core';

/** All that a node, or the management API, can tell a monitor. */
export type RabbitReply =
  /** It answered on a channel of its own. */
  | { readonly type: 'alive' }
  /** `connection.blocked`: an alarm is on, somewhere in the cluster; publishers wait. */
  | { readonly type: 'blocked'; readonly reason: string }
  | { readonly type: 'unblocked' }
  /** What the management API lists. */
  | { readonly type: 'nodes'; readonly nodes: readonly NodeReport[] }
  | { readonly type: 'queues'; readonly queues: readonly QueueReport[] };

export interface NodeReport {
  /** Erlang's name, for example `rabbit@host`. */
  readonly name: string;
  /** Where it speaks AMQP, if that is known. */
  readonly endpoint?: EndpointId;
  readonly isRunning: boolean;
  /** Its own words: `memory alarm`, `disk alarm`, `maintenance`, `partitioned`. */
  readonly conditions: readonly string[];
}

export interface QueueReport {
  readonly vhost: string;
  readonly name: string;
  /** Erlang's name of the node that leads it, or holds it. */
  readonly leader?: string;
}
