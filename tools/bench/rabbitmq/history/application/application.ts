import type { Arrival, Told } from '../../client/messenger.ts';

export interface ApplicationWish {
  /** Of its connections at the broker. */
  readonly name: string;
  readonly publishers: number;
  readonly queues: readonly string[];
  /** The queue of each consumer. */
  readonly consumers: readonly string[];
  readonly prefetch: number;
  /** It is acknowledged afterwards. */
  onArrival(consumer: number, arrival: Arrival): void;
  /** A connection, channel or consumer was closed under its hands. */
  onClosed(what: string, reason: unknown): void;
}

/** What a service does with a broker, by way of some client: publishers with confirms, consumers with manual acks. */
export interface Application {
  /** Resolves when it is confirmed. @throws NotConnectedError if it was not even sent */
  publish(publisher: number, queue: string, text: string): Promise<unknown>;
  /** Declares the queue as it is, or asks whether it is there. */
  ask(what: 'declare' | 'check', queue: string): Promise<unknown>;
  told?(): Told;
  close(): Promise<void>;
}
