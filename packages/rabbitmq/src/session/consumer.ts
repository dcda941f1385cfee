import type { Arguments, Method } from '../protocol/methods.ts';

/** One consumer of a channel, as its client knows it. It lives through failovers under its tag. */
export interface Consumer {
  readonly tag: string;
  readonly tagBytes: Buffer;
  /** As it was asked for, with the tag that it got. */
  readonly asked: Arguments<'basic.consume'>;
  /** The prefetch in force when it was created: RabbitMQ applies `basic.qos` to new consumers only. 0 is none. */
  readonly prefetch: number;
  /** Messages that the client has and has not settled, from this epoch of the channel and from before. */
  unsettled: number;
  /** It is registered upstream, or on its way to be. */
  state: 'active' | 'waiting';
  /** The attempts to consume again that failed in a row. */
  failures: number;
  /** Tries on channels of our own that are not answered yet. */
  tries: number;
  /** Rises when tries that are under way do not count any more. */
  round: number;
  /** Where it stands in a stream; undefined until a message told, null if its queue is none. */
  streamOffset: bigint | null | undefined;
  /** Since when it is not active, in ms of the runtime's clock; 0 while it is. */
  since: number;
  /** It was refused: not tried again before this instant. */
  notBefore: number;
}

/** As it is asked for again: in a stream behind the last message that the client has. */
export function askedAgain({ asked, streamOffset }: Consumer): Arguments<'basic.consume'> {
  if (streamOffset === null || streamOffset === undefined) return { ...asked, nowait: false };
  return { ...asked, nowait: false, arguments: { ...asked.arguments, [streamOffsetKey]: streamOffset + 1n } };
}

/**
 * What shows that a consumer can be registered: one like it, with acks, whatever the client wanted, and for one message,
 * since what it gets goes back.
 */
export function consumerLike(asked: Arguments<'basic.consume'>): readonly Method[] {
  return [
    { name: 'basic.qos', prefetchSize: 0, prefetchCount: 1, global: false },
    { ...asked, name: 'basic.consume', noAck: false, nowait: false },
  ];
}

/** RabbitMQ's name for it, among the arguments of a consumer and the headers of a message. */
export const streamOffsetKey = 'x-stream-offset';

export function createConsumer(asked: Arguments<'basic.consume'>, prefetch: number): Consumer {
  return {
    tag: asked.consumerTag,
    tagBytes: Buffer.from(asked.consumerTag),
    asked,
    prefetch,
    unsettled: 0,
    state: 'active',
    failures: 0,
    tries: 0,
    round: 0,
    streamOffset: undefined,
    since: 0,
    notBefore: 0,
  };
}
