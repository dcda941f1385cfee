import type { Arguments, Method, MethodName } from '../../protocol/methods.ts';
import type { Confirms } from './confirms.ts';
import type { ConnectionContext } from './connection-context.ts';
import type { Owner, QueueConsumer } from './consumers.ts';
import type { Message } from './message.ts';
import type { Delivery, Queue } from './queue.ts';
import type { Transaction } from './transaction.ts';
import type { Unacked } from './unacked.ts';

export type ChannelMode =
  | { readonly type: 'plain' }
  | { readonly type: 'confirm'; readonly confirms: Confirms }
  | { readonly type: 'tx'; readonly transaction: Transaction };

export interface OpenConsumer {
  readonly queue: Queue;
  readonly consumer: QueueConsumer<Delivery>;
}

/** What the methods of a channel read and change. */
export interface ChannelState extends Owner {
  readonly number: number;
  readonly connection: ConnectionContext;
  mode: ChannelMode;
  /** The queue that an empty name stands for. */
  lastQueue: string;
  /** For consumers to come; 0 is no limit. */
  prefetch: number;
  /** For all consumers of the channel; 0 is no limit. */
  globalPrefetch: number;
  readonly consumers: Map<string, OpenConsumer>;
  /** Consumers whose `consume-ok` is on its way: it comes after all that is here already. */
  readonly registering: Set<string>;
  readonly unacked: Unacked;
  /** The consumer of direct replies: its tag, and the routing key that reaches it. */
  replyConsumer: { readonly tag: string; readonly key: string } | undefined;
  readonly isOpen: boolean;
  send<N extends MethodName>(name: N, values: Arguments<N>): void;
  sendContent<N extends MethodName>(name: N, values: Arguments<N>, message: Message, header?: Buffer): void;
  /**
   * Holds all later methods back. The returned function goes on: it runs the action, whose problems count as those
   * of the method that is served now, and then what was held back.
   */
  block(): (action: () => void) => void;
}

/** A method as it arrived, with its content if it has one. */
export interface Incoming {
  readonly method: Method;
  readonly content?: { readonly header: Buffer; readonly body: Buffer };
}

export type Handler<N extends MethodName> = (
  channel: ChannelState,
  method: Arguments<N>,
  content: Incoming['content'],
) => void;

export type Handlers = { readonly [N in MethodName]?: Handler<N> };
