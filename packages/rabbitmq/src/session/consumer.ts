import type { Arguments } from '../protocol/methods.ts';

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
  /** Since when it is not active, in ms of the runtime's clock. */
  since: number;
}

export function createConsumer(asked: Arguments<'basic.consume'>, prefetch: number): Consumer {
  return {
    tag: asked.consumerTag,
    tagBytes: Buffer.from(asked.consumerTag),
    asked,
    prefetch,
    unsettled: 0,
    state: 'active',
    failures: 0,
    since: 0,
  };
}
