/** A publish or a request, from the moment at which it was handed to the client. */
export interface Sent {
  readonly at: number;
  readonly endedAt?: number;
  readonly outcome: 'ok' | 'nacked' | 'refused' | 'unknown' | 'unsettled';
  readonly error?: string;
}

export interface Publish extends Sent {
  readonly publisher: number;
  /** Counts up with each publisher. */
  readonly sequence: number;
  readonly queue: string;
}

/** One delivery of a message of the load, in the order in which they came. */
export interface Came {
  readonly publisher: number;
  readonly sequence: number;
  readonly consumer: number;
  readonly at: number;
  readonly redelivered: boolean;
  readonly resent: boolean;
  /** How often its queue says that it came back. */
  readonly returns: number;
}

/** A first delivery without mark and flag, of a message older than one that the same consumer got before. */
export interface Reordered {
  readonly came: Came;
  readonly behind: Came;
  /** Other deliveries of it. If one is marked, this one lay in a node that hung until it went on: nobody could mark it. */
  readonly copies: readonly Came[];
}

export interface Balance {
  readonly published: number;
  readonly confirmed: number;
  /** Confirmed, and not consumed: lost, unless it is still in a queue. */
  readonly missing: readonly Publish[];
  readonly nacked: number;
  readonly refused: number;
  readonly unknown: number;
  readonly unsettled: readonly Publish[];
  readonly asked: number;
  readonly askedInVain: number;
  readonly unanswered: number;
  /** Messages that came more than once as if each were the first: nobody could tell. */
  readonly silent: readonly (readonly Came[])[];
  /** Deliveries beyond the first that say so: with our mark, or with the broker's flag. */
  readonly marked: number;
  readonly redelivered: number;
  /** The most that one message came back to its queue, which drops it after 20 times. */
  readonly mostReturns: number;
  readonly reordered: readonly Reordered[];
  /** How often each error came, with its outcome. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Compares what was published with what came. */
export function balanceOf(
  publishes: readonly Publish[],
  requests: readonly Sent[],
  arrivals: readonly Came[],
): Balance {
  const byMessage = new Map<string, Came[]>();
  for (const came of arrivals) {
    const known = byMessage.get(idOf(came));
    if (known === undefined) byMessage.set(idOf(came), [came]);
    else known.push(came);
  }
  const count = (outcome: Sent['outcome']): number =>
    publishes.filter((publish) => publish.outcome === outcome).length;
  return {
    published: publishes.length,
    confirmed: count('ok'),
    missing: publishes.filter((publish) => publish.outcome === 'ok' && !byMessage.has(idOf(publish))),
    nacked: count('nacked'),
    refused: count('refused'),
    unknown: count('unknown'),
    unsettled: publishes.filter(({ outcome }) => outcome === 'unsettled'),
    asked: requests.length,
    askedInVain: requests.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'unsettled').length,
    unanswered: requests.filter(({ outcome }) => outcome === 'unsettled').length,
    ...doubles([...byMessage.values()]),
    mostReturns: arrivals.reduce((most, { returns }) => Math.max(most, returns), 0),
    reordered: reordered(arrivals, byMessage),
    errors: errorsOf([
      ...publishes.map((publish) => ['publish', publish] as const),
      ...requests.map((request) => ['request', request] as const),
    ]),
  };
}

export function idOf({
  publisher,
  sequence,
}: {
  readonly publisher: number;
  readonly sequence: number;
}): string {
  return `${publisher}.${sequence}`;
}

function doubles(messages: readonly (readonly Came[])[]): Pick<Balance, 'silent' | 'marked' | 'redelivered'> {
  const silent: (readonly Came[])[] = [];
  let marked = 0;
  let redelivered = 0;
  for (const came of messages) {
    if (came.length === 1) continue;
    const plain = came.filter((each) => !each.redelivered && !each.resent).length;
    if (plain > 1) silent.push(came);
    // One of them is the first, whichever it was; of the others each says why it may be none.
    const told = came.length - Math.max(1, plain);
    const byMark = Math.min(told, came.filter(({ resent }) => resent).length);
    marked += byMark;
    redelivered += told - byMark;
  }
  return { silent, marked, redelivered };
}

/**
 * Among first deliveries without mark and flag, of one publisher to one consumer, who has one queue: two consumers of
 * a queue race each other.
 */
function reordered(
  arrivals: readonly Came[],
  byMessage: ReadonlyMap<string, readonly Came[]>,
): readonly Reordered[] {
  const seen = new Set<string>();
  const latest = new Map<string, Came>();
  const found: Reordered[] = [];
  for (const came of arrivals) {
    const isFirst = !seen.has(idOf(came));
    seen.add(idOf(came));
    if (!isFirst || came.redelivered || came.resent) continue;
    const pair = `${came.publisher} to ${came.consumer}`;
    const before = latest.get(pair);
    if (before === undefined || before.sequence < came.sequence) latest.set(pair, came);
    else {
      const copies = (byMessage.get(idOf(came)) ?? []).filter((copy) => copy !== came);
      found.push({ came, behind: before, copies });
    }
  }
  return found;
}

function errorsOf(sent: readonly (readonly [what: string, Sent])[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [what, { outcome, error }] of sent) {
    if (error === undefined) continue;
    const kind = `${what} ${outcome}: ${error}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
