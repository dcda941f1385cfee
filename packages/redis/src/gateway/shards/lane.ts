import type { ClientStream } from '@failover/core';
import type { Subscriptions } from '../../session/subscriptions.ts';
import { noSubscriptions } from '../../session/subscriptions.ts';
import type { FramedEvents } from '../framed-stream.ts';
import { FramedStream } from '../framed-stream.ts';
import type { Relay } from '../relay.ts';
import type { Owed } from './owed.ts';
import type { Turn } from './turn.ts';

/** As those of its stream. */
export interface LaneEvents extends Required<Pick<FramedEvents, 'wasRead' | 'paused' | 'resumed'>> {
  framed(lane: Lane, frame: Uint8Array): void;
  mayPass(lane: Lane, first: number): boolean;
  passed(lane: Lane, bytes: Uint8Array, isLast: boolean): void;
  ended(lane: Lane): void;
}

/** As its stream knows who serves it. */
export type LaneRelay = Pick<Relay, 'close' | 'hungUp' | 'unheardSince'>;

/** One client's connection to one shard: a relay serves it as it serves any client. */
export class Lane implements FramedEvents {
  readonly shard: string;
  readonly stream: FramedStream;
  /** Commands without an answer, in the order in which they were asked. */
  readonly owed: Owed[] = [];
  /** Its last answer, which may still wait for those of other shards. */
  answered: Turn | undefined;
  subscriptions: Subscriptions = noSubscriptions;
  readonly #events: LaneEvents;

  constructor(shard: string, client: ClientStream, events: LaneEvents) {
    this.shard = shard;
    this.#events = events;
    this.stream = new FramedStream(client, this);
  }

  framed(frame: Uint8Array): void {
    this.#events.framed(this, frame);
  }

  mayPass(first: number): boolean {
    return this.#events.mayPass(this, first);
  }

  passed(bytes: Uint8Array, isLast: boolean): void {
    this.#events.passed(this, bytes, isLast);
  }

  wasRead(): void {
    this.#events.wasRead();
  }

  paused(): void {
    this.#events.paused();
  }

  resumed(): void {
    this.#events.resumed();
  }

  ended(): void {
    this.#events.ended(this);
  }
}
