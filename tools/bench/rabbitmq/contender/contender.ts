import type { RabbitTestbed } from '@failover/rabbitmq/testing';
import type { Told } from '../client/messenger.ts';
import type { ClientSpec } from '../client/spec.ts';

/** A contender that is up: whatever stands between the client and the nodes runs. */
export interface Running extends AsyncDisposable {
  readonly spec: ClientSpec;
  /** What a process of ours tells of itself since it started. */
  told?(): Promise<Told>;
  /** What a process of ours wrote last. */
  log?(): readonly string[];
}

/** One way for an application to reach a cluster of which any node may go. */
export interface Contender {
  readonly name: string;
  readonly isOurs: boolean;
  /** Why it cannot take part on this machine, or undefined. */
  missing(): string | undefined;
  start(testbed: RabbitTestbed): Promise<Running>;
}

export const nothingToEnd = (): Promise<void> => Promise.resolve();
