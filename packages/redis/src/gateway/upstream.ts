import type { Duplex } from 'node:stream';
import type { Lease, Ms } from '@failover/core';
import { onAbort } from '@failover/core';
import { push } from '../protocol/marks.ts';
import { createReplyScanner } from '../protocol/scan.ts';
import { createOutbox } from './outbox.ts';
import { notRead } from './refuse.ts';
import type { Run } from './ring.ts';
import { createRing } from './ring.ts';

/** Whoever has commands in flight on a connection: a client's relay. */
export interface Owner<Item> {
  /** While true, replies come one by one. */
  readonly wantsSingleReplies: boolean;
  /** While true, each reply is offered to `pushed` first: RESP2 sends messages as if they were replies. */
  readonly isSubscribed: boolean;
  /** Bytes of a reply that is not whole yet. */
  replyPart(bytes: Buffer): void;
  /** The next `count` whole replies of `run`; what came as parts counts as the beginning of the first. */
  replied(bytes: Buffer, count: number, run: Run<Owner<Item>, Item>): void;
  /** One whole reply that is an error. */
  repliedError(bytes: Buffer, run: Run<Owner<Item>, Item>): void;
  /** Not a reply: RESP3's push. Returns how many replies of `run` it stands for. */
  pushed(bytes: Buffer, run: Run<Owner<Item>, Item> | undefined): number;
  /**
   * The reply to the first command of `run` is too large to keep, and others wait behind it. True: it is asked for
   * elsewhere, and this one is read away.
   */
  asksElsewhere(run: Run<Owner<Item>, Item>): boolean;
  /** Those replies are counted now. */
  counted(count: number, run: Run<Owner<Item>, Item>): void;
  /** The connection is gone. `runs` are this owner's, in order, with what was answered of the first. */
  lost(upstream: Upstream<Item>, loss: Loss<Item>): void;
}

export interface Loss<Item> {
  readonly runs: readonly Run<Owner<Item>, Item>[];
  readonly reason: string;
  /** Part of a reply has already gone to the client. */
  readonly isCut: boolean;
  /** The server did not close it: it may have been dead to us for a while. */
  readonly isOurs: boolean;
}

/** One verified connection to a server, shared by clients or pinned to one. */
export interface Upstream<Item> {
  readonly lease: Lease;
  readonly openedAt: Ms;
  /** What number it has at the server, if that told it. */
  readonly idThere: number | undefined;
  readonly isOpen: boolean;
  /** A large reply is passing, or it is one client's alone: others should not wait behind it. */
  readonly isBusy: boolean;
  /** Its one client reads slowly. It is nobody else's any more, and closes once that client has all its replies. */
  readonly isApart: boolean;
  /**
   * `owner` is behind: nothing is read until `goOn`, and the server waits with the rest. False if nothing comes, or
   * if others wait behind it: then it is read on for them.
   */
  holdBack(owner: Owner<Item>): boolean;
  goOn(): void;
  /** The client of `owner` is gone: nobody is left to be slow. */
  leftBy(owner: Owner<Item>): void;
  /** Commands are written, in this order, at the end of the tick. */
  send(
    owner: Owner<Item>,
    item: Item | undefined,
    bytes: Uint8Array,
    from: number,
    to: number,
    count: number,
  ): void;
  /** A piece of a command whose last piece comes by `send`. */
  sendPart(bytes: Uint8Array): void;
  /** The server does not take what we write: `onDrain` tells when it does again. */
  readonly isCongested: boolean;
  /** ms since the oldest unanswered command was written, 0 if there is none. */
  oweMs(now: Ms): number;
  /** When the server was heard last. */
  readonly heardAt: Ms;
  /** ms that the slowest answer took since this was asked the last time; undefined if there was none. */
  takeSlowestMs(): number | undefined;
  readonly inFlight: number;
  /** Copies of what this owner has in flight here. */
  runsOf(owner: Owner<Item>): readonly Run<Owner<Item>, Item>[];
  close(reason: string): void;
}

export interface UpstreamOptions<Item> {
  readonly socket: Duplex;
  readonly lease: Lease;
  readonly openedAt: Ms;
  readonly idThere?: number | undefined;
  readonly maxWholeBytes: number;
  /**
   * A larger message, which must be looked at whole, ends the connection and its client. A larger string that others
   * wait behind is asked for elsewhere.
   */
  readonly maxMessageBytes: number;
  /** The time of this tick: read once, however many commands come. */
  tickNow(): Ms;
  /** Calls back once at the end of this tick. */
  atEndOfTick(flush: () => void): void;
  onDrain?(): void;
  /** Called before the owners are told. */
  onClosed(upstream: Upstream<Item>, reason: string, isOurs: boolean, hadWork: boolean): void;
  /** Who gets a push when nothing is in flight; on shared connections nobody. */
  readonly pushOwner?: Owner<Item>;
}

export function createUpstream<Item>(options: UpstreamOptions<Item>): Upstream<Item> {
  const { socket, lease, maxWholeBytes, maxMessageBytes } = options;
  const ring = createRing<Owner<Item>, Item>();
  const outbox = createOutbox();
  const scanner = createReplyScanner();
  // The beginning of a reply whose end has not come, and how it must be treated.
  let carry: Buffer[] = [];
  let carryBytes = 0;
  let isMarked = false;
  let isScheduled = false;
  let unwrittenRuns = 0;
  let stopListening = (): void => undefined;
  let lastProgressAt: Ms = options.openedAt;
  let slowestMs = -1;
  let isPassing = false;
  let isHeldBack = false;

  const upstream = {
    lease,
    openedAt: options.openedAt,
    idThere: options.idThere,
    isOpen: true,
    isBusy: false,
    isApart: false,
    send(
      owner: Owner<Item>,
      item: Item | undefined,
      bytes: Uint8Array,
      from: number,
      to: number,
      count: number,
    ) {
      ring.push(owner, item, bytes, from, to, count, options.tickNow());
      outbox.append(bytes, from, to);
      unwrittenRuns += 1;
      schedule();
    },
    sendPart(bytes: Uint8Array) {
      outbox.append(bytes, 0, bytes.length);
      schedule();
    },
    get isCongested() {
      return socket.writableNeedDrain;
    },
    oweMs(now: Ms) {
      // We are the ones who do not listen.
      if (ring.head === undefined || isHeldBack) return 0;
      return now - Math.max(ring.head.sentAt, lastProgressAt);
    },
    get heardAt() {
      return lastProgressAt;
    },
    takeSlowestMs() {
      const tookMs = slowestMs;
      slowestMs = -1;
      return tookMs < 0 ? undefined : tookMs;
    },
    get inFlight() {
      return ring.size;
    },
    runsOf: (owner: Owner<Item>) => ring.of(owner),
    holdBack(owner: Owner<Item>) {
      if (!upstream.isOpen || unansweredCommands() === 'none') return false;
      if (options.pushOwner === undefined) {
        if (hasOthersThan(owner)) return false;
        upstream.isApart = true;
        upstream.isBusy = true;
      }
      if (!isHeldBack) socket.pause();
      isHeldBack = true;
      return true;
    },
    goOn() {
      if (!isHeldBack) return;
      isHeldBack = false;
      // It owed us nothing meanwhile.
      lastProgressAt = options.tickNow();
      if (upstream.isOpen) socket.resume();
    },
    leftBy(owner: Owner<Item>) {
      if (!upstream.isApart || ring.head?.owner !== owner) return;
      // What was sent is executed, as it would be by the server itself; a last reply that comes already was.
      if (isPassing && unansweredCommands() === 'one') closed('its client is gone', true);
      else upstream.goOn();
    },
    close(reason: string) {
      closed(reason, true);
    },
  };

  function unansweredCommands(): 'none' | 'one' | 'many' {
    const { head, size } = ring;
    const left = head === undefined ? 0 : head.count - head.answered;
    if (size > 1 || left > 1) return 'many';
    return left === 1 ? 'one' : 'none';
  }

  function hasOthersThan(owner: Owner<Item>): boolean {
    return ring.of(owner).length < ring.size;
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    options.atEndOfTick(flush);
  }

  function flush(): void {
    isScheduled = false;
    if (!upstream.isOpen) return;
    if (socket.writableNeedDrain) {
      // What is not handed to the socket was provably not sent. A server that hangs does not take it from there.
      isScheduled = true;
      socket.once('drain', flush);
      return;
    }
    unwrittenRuns = 0;
    const isCorked = !outbox.isOnePiece;
    if (isCorked) socket.cork();
    outbox.flush(write);
    if (isCorked) socket.uncork();
  }

  function write(bytes: Uint8Array): void {
    socket.write(bytes);
  }

  function onData(chunk: Buffer): void {
    lastProgressAt = options.tickNow();
    let from = 0;
    while (from < chunk.length && upstream.isOpen) {
      const head = ring.head;
      const isSubscribed = options.pushOwner?.isSubscribed === true;
      const isSingle =
        isMarked || isSubscribed || head === undefined || (head.owner as Owner<Item>).wantsSingleReplies;
      const found = scanner.scan(chunk, from, isSingle ? 1 : head.count - head.answered, !isMarked);
      if (found === 'violation') {
        if (scanner.isTooMuch) tooMuch(scanner.problem);
        else closed(`protocol violation: ${scanner.problem}`, false);
        return;
      }
      if (scanner.count > 0) {
        const end = scanner.wholeEnd;
        const whole = from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end);
        from = end;
        if (isMarked || isSubscribed) finishMarked(whole);
        else if (head === undefined) {
          closed('a reply that nobody waits for', false);
          return;
        } else finishReplies(head, whole, scanner.count);
      }
      if (found === 'marked') {
        // Look at this one alone, whole.
        isMarked = true;
      } else if (found === 'end' && scanner.isInside) {
        keep(chunk.subarray(from));
        return;
      }
    }
  }

  /** The server answered, and the same answer would come again. What lies behind it is lost. */
  function tooMuch(problem: string): void {
    const { head } = ring;
    const isItsLast = head?.owner !== undefined && head.count - head.answered === 1;
    if (isItsLast && !isPassing && !isMarked) answer(head, 1, notRead(problem), true);
    closed(problem, true);
  }

  function finishReplies(head: Run<Owner<Item>, Item>, whole: Buffer, count: number): void {
    const owner = head.owner as Owner<Item>;
    if (carryBytes > 0) {
      const parts = carry;
      carry = [];
      carryBytes = 0;
      for (const part of parts) owner.replyPart(part);
    }
    if (isPassing) {
      isPassing = false;
      upstream.isBusy = upstream.isApart;
    }
    answer(head, count, whole, false);
  }

  function finishMarked(last: Buffer): void {
    const whole = carryBytes > 0 ? Buffer.concat([...carry, last]) : last;
    carry = [];
    carryBytes = 0;
    isMarked = false;
    const head = ring.head;
    if (whole[0] === push || options.pushOwner?.isSubscribed === true) {
      // A push on a shared connection is for nobody.
      const count = options.pushOwner?.pushed(whole, head) ?? 0;
      // What was pushed may have ended its client, and with it this connection.
      if (upstream.isOpen && head?.owner !== undefined && count > 0) answer(head, count, undefined, false);
    } else if (head === undefined) {
      closed(`an error that nobody waits for: ${whole.toString('latin1', 1, 120).trim()}`, false);
    } else {
      answer(head, 1, whole, true);
    }
  }

  function answer(
    head: Run<Owner<Item>, Item>,
    count: number,
    bytes: Buffer | undefined,
    isError: boolean,
  ): void {
    const owner = head.owner as Owner<Item>;
    const tookMs = lastProgressAt - head.sentAt;
    if (tookMs > slowestMs && !upstream.isApart) slowestMs = tookMs;
    // First, so that a connection closed meanwhile does not count it as lost.
    head.answered += count;
    if (bytes === undefined) owner.counted(count, head);
    else if (isError) owner.repliedError(bytes, head);
    else owner.replied(bytes, count, head);
    // Asked afterwards: an error may answer more than one would count.
    if (head.answered < head.count || ring.head !== head || head.owner === undefined) return;
    ring.shift();
    if (upstream.isApart && ring.size === 0) closed('its slow client has all its replies', true);
  }

  /** A reply that is not whole waits here, until it is, or until it is too large to wait for. */
  function keep(part: Buffer): void {
    if (part.length === 0) return;
    const head = ring.head;
    if (isPassing && head !== undefined) {
      head.owner?.replyPart(part);
      return;
    }
    carry.push(part);
    carryBytes += part.length;
    const bytes = carryBytes + scanner.missingBytes;
    const { pushOwner } = options;
    if (head === undefined || isMarked || pushOwner?.isSubscribed === true) {
      // To be looked at whole.
      if (pushOwner !== undefined && bytes > maxMessageBytes)
        closed('a message that is too large', true, pushOwner);
      return;
    }
    if (bytes <= maxWholeBytes) return;
    isPassing = true;
    upstream.isBusy = true;
    const parts = carry;
    carry = [];
    carryBytes = 0;
    if (bytes > maxMessageBytes && pushOwner === undefined && isAskedElsewhere(head)) {
      head.owner = nobody;
      return;
    }
    for (const each of parts) head.owner?.replyPart(each);
  }

  /** Otherwise a client that reads it slowly could only be closed: those behind it do not wait for him. */
  function isAskedElsewhere(head: Run<Owner<Item>, Item>): boolean {
    const owner = head.owner as Owner<Item>;
    return hasOthersThan(owner) && owner.asksElsewhere(head);
  }

  /** `cutOff` was to get what is lost, and has to learn that it is. */
  function closed(reason: string, isOurs: boolean, cutOff?: Owner<Item>): void {
    if (!upstream.isOpen) return;
    upstream.isOpen = false;
    stopListening();
    socket.removeListener('data', onData);
    socket.destroy();
    const cutOwner = cutOff ?? (isPassing ? ring.head?.owner : undefined);
    isPassing = false;
    upstream.isBusy = false;
    const byOwner = new Map<Owner<Item>, Run<Owner<Item>, Item>[]>();
    const runs = ring.drain();
    for (const [at, run] of runs.entries()) {
      if (run.answered >= run.count) continue;
      run.isWritten = at < runs.length - unwrittenRuns;
      const owner = run.owner as Owner<Item>;
      const others = byOwner.get(owner);
      if (others === undefined) byOwner.set(owner, [run]);
      else others.push(run);
    }
    options.onClosed(upstream, reason, isOurs, runs.length > 0);
    if (options.pushOwner !== undefined && !byOwner.has(options.pushOwner))
      byOwner.set(options.pushOwner, []);
    for (const [owner, runs] of byOwner) {
      owner.lost(upstream, { runs, reason, isOurs, isCut: owner === cutOwner });
    }
  }

  const onFenced = (): void => {
    closed('its lease was fenced', true);
  };

  socket.on('data', onData);
  if (options.onDrain !== undefined) socket.on('drain', options.onDrain);
  socket.on('error', (error: Error) => {
    closed(error.message, false);
  });
  socket.on('close', () => {
    closed('closed by the server', false);
  });
  if (lease.fenced.aborted) queueMicrotask(onFenced);
  else stopListening = onAbort(lease.fenced, onFenced);
  return upstream;
}

/** Whose replies are read away. */
const nobody: Owner<unknown> = {
  wantsSingleReplies: false,
  isSubscribed: false,
  replyPart: () => undefined,
  replied: () => undefined,
  repliedError: () => undefined,
  pushed: () => 0,
  asksElsewhere: () => false,
  counted: () => undefined,
  lost: () => undefined,
};
