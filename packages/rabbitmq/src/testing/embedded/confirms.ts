/** Publisher confirms of one channel. */
export interface Confirms {
  /** The number of the next publish. */
  next(): number;
  /** All queues took it, or one refused it. */
  settle(seq: number, how: 'ack' | 'nack'): void;
  /** Tells the client what is settled: in as few methods as can be. */
  flush(): void;
}

export interface SendConfirm {
  (how: 'ack' | 'nack', deliveryTag: number, multiple: boolean): void;
}

/** `onSettled` says that there is something to flush. */
export function createConfirms(send: SendConfirm, onSettled: () => void): Confirms {
  const open = new Set<number>();
  let acks: number[] = [];
  let nacks: number[] = [];
  let last = 0;

  function tell(how: 'ack' | 'nack', settled: readonly number[], firstOpen: number): void {
    const sorted = [...settled].sort((one, other) => one - other);
    const below = sorted.filter((seq) => seq < firstOpen);
    const highest = below.at(-1);
    // One refusal alone is told as many, as RabbitMQ does.
    if (highest !== undefined) send(how, highest, how === 'nack' || below.length > 1);
    for (const seq of sorted) if (seq > firstOpen) send(how, seq, false);
  }

  return {
    next() {
      last += 1;
      open.add(last);
      return last;
    },
    settle(seq, how) {
      (how === 'ack' ? acks : nacks).push(seq);
      onSettled();
    },
    flush() {
      const [taken, refused] = [acks, nacks];
      acks = [];
      nacks = [];
      for (const seq of [...taken, ...refused]) open.delete(seq);
      const [firstOpen = Infinity] = open;
      // A multiple covers all before it: what was refused among them must be told first.
      tell('nack', refused, Math.min(firstOpen, ...taken));
      tell('ack', taken, firstOpen);
    },
  };
}
