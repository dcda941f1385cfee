import type { Consumer } from '../session/consumer.ts';

/** What settling a tag means upstream. `stale` counts tags of an earlier epoch: the broker has them back already. */
export type Settlement =
  | { readonly type: 'nothing'; readonly stale: number }
  | {
      readonly type: 'one';
      readonly tag: number;
      readonly multiple: boolean;
      /** Nothing before it is left to settle upstream: it means the same as `multiple`. */
      readonly isAllSoFar: boolean;
      readonly stale: number;
    }
  | { readonly type: 'each'; readonly tags: readonly number[]; readonly stale: number }
  /** The client names a tag that it never got, or settles one twice: 406, as the broker would say. */
  | { readonly type: 'unknownTag' };

interface Unsettled {
  /** The broker's number; 0 for one of an earlier epoch. */
  readonly upstreamTag: number;
  readonly consumer: Consumer | undefined;
}

/**
 * The delivery tags of one channel. The client's numbers grow for ever; the broker's begin with 1 on each new channel.
 * Mutable: this is the hot path, and a copy for each message would be most of its cost.
 */
export interface Deliveries {
  /** The next message goes to the client: its tag there. */
  issue(upstreamTag: number, consumer: Consumer | undefined, needsAck: boolean): number;
  settle(tag: number, multiple: boolean): Settlement;
  /** A message is held back while others go on: order here and upstream differ from now on. */
  holdOne(): void;
  releaseOne(): void;
  /** The upstream channel is gone: what the client has is stale, and numbers upstream begin again. */
  nextEpoch(): void;
  /** What the client has is nothing to it any more: it comes again under new numbers. */
  giveBack(): void;
  readonly unsettled: number;
}

export function createDeliveries(): Deliveries {
  // In the order of the client's tags, since a Map keeps that of insertion.
  const unsettled = new Map<number, Unsettled>();
  let lastTag = 0;
  /** Nothing before it is unsettled. */
  let lowest = 1;
  let staleUpTo = 0;
  let held = 0;
  /** Up to this tag the two orders may differ. */
  let disorderUpTo = 0;

  function take(tag: number, each: Unsettled): void {
    unsettled.delete(tag);
    if (each.consumer !== undefined) each.consumer.unsettled -= 1;
    if (tag === lowest) while (lowest <= lastTag && !unsettled.has(lowest)) lowest += 1;
  }

  function settleMany(tag: number): Settlement {
    const upTo = tag === 0 ? lastTag : tag;
    const tags: number[] = [];
    let highest = 0;
    let stale = 0;
    for (const [each, entry] of unsettled) {
      if (each > upTo) break;
      take(each, entry);
      if (entry.upstreamTag === 0) {
        stale += 1;
        continue;
      }
      tags.push(entry.upstreamTag);
      if (entry.upstreamTag > highest) highest = entry.upstreamTag;
    }
    if (tags.length === 0) return { type: 'nothing', stale };
    // What the client was not shown yet is not its to settle, so `multiple` goes on only where both orders agree.
    if (held === 0 && upTo >= disorderUpTo)
      return { type: 'one', tag: highest, multiple: true, isAllSoFar: true, stale };
    return { type: 'each', tags, stale };
  }

  function beginAnew(): void {
    staleUpTo = lastTag;
    held = 0;
    disorderUpTo = 0;
  }

  return {
    issue(upstreamTag, consumer, needsAck) {
      lastTag += 1;
      if (!needsAck) {
        if (lowest === lastTag) lowest += 1;
        return lastTag;
      }
      unsettled.set(lastTag, { upstreamTag, consumer });
      if (consumer !== undefined) consumer.unsettled += 1;
      return lastTag;
    },
    settle(tag, multiple) {
      if (multiple && tag === 0) return settleMany(0);
      const entry = unsettled.get(tag);
      if (entry === undefined) {
        if (tag > lastTag || tag > staleUpTo || tag === 0) return { type: 'unknownTag' };
        return multiple ? settleMany(tag) : { type: 'nothing', stale: 1 };
      }
      if (multiple) return settleMany(tag);
      take(tag, entry);
      const { upstreamTag } = entry;
      if (upstreamTag === 0) return { type: 'nothing', stale: 1 };
      const isAllSoFar = tag < lowest && held === 0 && tag >= disorderUpTo;
      return { type: 'one', tag: upstreamTag, multiple: false, isAllSoFar, stale: 0 };
    },
    holdOne() {
      held += 1;
    },
    releaseOne() {
      held -= 1;
      disorderUpTo = lastTag + 1;
    },
    nextEpoch() {
      beginAnew();
      for (const [tag, { consumer }] of unsettled) unsettled.set(tag, { upstreamTag: 0, consumer });
    },
    giveBack() {
      beginAnew();
      for (const [tag, entry] of unsettled) take(tag, entry);
    },
    get unsettled() {
      return unsettled.size;
    },
  };
}
