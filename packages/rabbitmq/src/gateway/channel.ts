import type { Ms } from '@failover/core';
import type { Method } from '../protocol/methods.ts';
import type { Consumer } from '../session/consumer.ts';
import type { Deliveries } from './deliveries.ts';
import { createDeliveries } from './deliveries.ts';
import type { Message } from './message.ts';
import type { Publishes } from './publishes.ts';
import type { Upstream } from './upstream.ts';

/** A method that was sent upstream and owes an answer. */
export interface Request {
  readonly method: Method;
  /** The frame, to be sent again. */
  readonly bytes: Buffer;
  /** First sent, or held, on behalf of the client: what its deadline counts from. */
  readonly since: Ms;
  sentAt: Ms;
  /** It is ours: the answer is not the client's. Called with the answer. */
  readonly onReply?: ((reply: Method) => void) | undefined;
}

/** Frames of the client that wait until its channel is in order again. */
export interface HeldFrame {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  readonly since: Ms;
}

/** A message for the client whose frames are not all here, or that waits for the client to settle older ones. */
export interface Incoming {
  readonly message: Message;
  readonly consumer: Consumer | undefined;
  readonly kind: 'deliver' | 'get' | 'return';
  readonly needsAck: boolean;
  /** Too large to be kept whole: its frames go on as they come. */
  isStreaming: boolean;
}

export type Mode =
  | { readonly type: 'plain' }
  | { readonly type: 'confirm'; readonly publishes: Publishes }
  /** Dirty: something was published or settled since the last commit. */
  | { readonly type: 'tx'; isDirty: boolean };

/**
 * One channel of one client: what it has set up, what is under way on it, and where it is upstream. It lives longer
 * than any channel upstream. Mutable, and changed only by the functions of the relay that owns it.
 */
export interface Channel {
  /** The client's number. */
  readonly id: number;
  /** Our number on the connection to the node; 0 while it has none. */
  upstreamId: number;
  /** `closed`: the client was told that it is, and has not answered yet. */
  phase: 'opening' | 'open' | 'closed';
  /**
   * May what the client sends go on? `restoring`: the upstream channel is not in order. `resending`: it is, and older
   * messages go first. `full`: too much is unconfirmed. `registering`: it cancels a consumer that is not there yet. Shut,
   * frames are held in order.
   */
  gate: 'open' | 'restoring' | 'resending' | 'full' | 'registering';
  mode: Mode;
  /** The client's last publish on a confirm channel. */
  lastSeq: number;
  readonly deliveries: Deliveries;
  /** The newest ack upstream, while it has not left and a later one can take its place. */
  dueAck: DueAck | undefined;
  readonly consumers: Map<string, Consumer>;
  /** `basic.qos` for consumers to come, and for the whole channel. 0 is none. */
  prefetch: number;
  globalPrefetch: number;
  /** What the upstream channel was told last. */
  upstreamPrefetch: number;
  /** The last queue that was declared: what an empty name means. */
  lastQueue: string;
  requests: Request[];
  /** Requests of the client that a loss left open and that go again. */
  again: Request[];
  /** Messages of the client that a loss left open, or that were never whole, in its order. */
  unsent: Message[];
  held: HeldFrame[];
  heldBytes: number;
  /** The client's message whose frames are not all here. */
  publishing: Message | undefined;
  incoming: Incoming | undefined;
  /** Messages that wait until the client settles older ones. */
  readonly waiting: Incoming[];
  /** When the broker last confirmed something, or had nothing to confirm. */
  progressAt: Ms;
  /**
   * Since when nothing has been confirmed on the channel upstream; undefined once something has. Until then a nack may
   * only mean that the channel went to a leader that is gone.
   */
  unprovenSince: Ms | undefined;
  /** It has lost a channel upstream since something was confirmed. */
  wasLost: boolean;
  /** Times in a row that a channel of ours was nacked before anything was confirmed on it. */
  rejections: number;
  /** Resets in a row that brought no answer. */
  failures: number;
}

/** An ack that means everything up to its tag, in the bytes that are about to leave. */
export interface DueAck {
  readonly bytes: Buffer;
  /** Where its tag stands. */
  readonly at: number;
  readonly upstream: Upstream;
  /** Of the upstream: afterwards it is gone. */
  readonly turn: number;
}

export function createChannel(id: number, now: Ms): Channel {
  return {
    id,
    upstreamId: 0,
    phase: 'opening',
    gate: 'restoring',
    mode: { type: 'plain' },
    lastSeq: 0,
    deliveries: createDeliveries(),
    dueAck: undefined,
    consumers: new Map(),
    prefetch: 0,
    globalPrefetch: 0,
    upstreamPrefetch: 0,
    lastQueue: '',
    requests: [],
    again: [],
    unsent: [],
    held: [],
    heldBytes: 0,
    publishing: undefined,
    incoming: undefined,
    waiting: [],
    progressAt: now,
    unprovenSince: now,
    wasLost: false,
    rejections: 0,
    failures: 0,
  };
}

/** How many messages the client may have at once; Infinity without a limit. */
export function hasRoomFor(channel: Channel, consumer: Consumer): boolean {
  if (consumer.asked.noAck) return true;
  if (consumer.prefetch !== 0 && consumer.unsettled >= consumer.prefetch) return false;
  return channel.globalPrefetch === 0 || channel.deliveries.unsettled < channel.globalPrefetch;
}
