import type { Message } from './message.ts';

/** A word for the client: its own number, and whether it speaks of all up to it. */
export interface ClientConfirm {
  readonly seq: number;
  readonly multiple: boolean;
}

/**
 * The unconfirmed messages of one confirm channel, in the order in which they went upstream. Mutable, as deliveries.
 * The client's numbers grow for ever; the broker's begin with 1 on each new channel.
 */
export interface Publishes {
  /** It went upstream, or is on its way: the broker will count it. */
  sent(message: Message): void;
  /** The broker's ack or nack. Undefined if it speaks of nothing that is open. */
  confirmed(upstreamSeq: number, multiple: boolean): ClientConfirm | undefined;
  /** A mandatory message came back: the first open one to that exchange and routing key, whose ack follows. */
  returned(matches: (message: Message) => boolean): void;
  /** The upstream channel is gone. All that is open, in the order of the client. */
  nextEpoch(): readonly Message[];
  oldest(): Message | undefined;
  /** It was confirmed on another channel. False if it is not open any more. */
  settled(message: Message): boolean;
  readonly count: number;
  readonly bytes: number;
}

export function createPublishes(): Publishes {
  const open = new Map<number, Message>();
  let lastUpstreamSeq = 0;
  let bytes = 0;

  return {
    sent(message) {
      lastUpstreamSeq += 1;
      open.set(lastUpstreamSeq, message);
      bytes += message.size;
    },
    confirmed(upstreamSeq, multiple) {
      if (!multiple) {
        const message = open.get(upstreamSeq);
        if (message === undefined) return undefined;
        open.delete(upstreamSeq);
        bytes -= message.size;
        return { seq: message.seq, multiple: false };
      }
      let last: Message | undefined;
      for (const [each, message] of open) {
        if (upstreamSeq !== 0 && each > upstreamSeq) break;
        open.delete(each);
        bytes -= message.size;
        last = message;
      }
      // Both sides count in the same order, so all of the client's numbers below are settled too.
      return last === undefined ? undefined : { seq: last.seq, multiple: true };
    },
    returned(matches) {
      for (const message of open.values()) {
        if (message.isReturned || !matches(message)) continue;
        message.isReturned = true;
        return;
      }
    },
    nextEpoch() {
      const left = [...open.values()];
      open.clear();
      lastUpstreamSeq = 0;
      bytes = 0;
      return left;
    },
    oldest() {
      for (const message of open.values()) return message;
      return undefined;
    },
    settled(message) {
      for (const [seq, each] of open) {
        if (each !== message) continue;
        open.delete(seq);
        bytes -= message.size;
        return true;
      }
      return false;
    },
    get count() {
      return open.size;
    },
    get bytes() {
      return bytes;
    },
  };
}
