import type { Duplex } from 'node:stream';
import type { Failure, Outcome } from '@failover/core';
import { writeBit } from '../protocol/traits.ts';
import type { Sent } from './burst.ts';
import { coreTraits, settleBurst } from './burst.ts';
import type { GatewayContext } from './context.ts';
import type { Identity } from './identity.ts';
import { createIntake } from './intake.ts';
import type { Origin } from './origin.ts';
import type { Pending, PendingReply, PendingRun } from './pending.ts';
import { createLine, openGate, passedGate } from './pending.ts';
import type { Pool } from './pool.ts';
import { notExecuted, outcomeUnknown, protocolError, readOnlyListener } from './refuse.ts';
import type { Run } from './ring.ts';
import type { SentCommand } from './split-run.ts';
import { splitRun } from './split-run.ts';
import type { Loss, Owner, Upstream } from './upstream.ts';

type Item = Pending;
type SentRun = Run<Owner<Item>, Item>;

export interface Relay {
  /** Ends the client once everything that it asked is answered. */
  drain(): void;
  close(): void;
}

export interface RelayOptions {
  readonly context: GatewayContext;
  readonly origin: Origin;
  readonly pool: Pool<Item>;
  readonly identity: Identity;
  readonly client: Duplex;
  onClosed(): void;
}

/**
 * One client. Its commands in flight are on one route at a time, so that the replies come in the order of the
 * commands; to change the route it waits until nothing is in flight.
 */
export function createRelay(options: RelayOptions): Relay {
  const { client, context, origin, pool } = options;
  const { cluster, limits, counters, tick } = context;
  const line = createLine();
  const { identity } = options;

  let upstream: Upstream<Item> | undefined;
  /** The origin's generation when `upstream` was chosen. */
  let generation = -1;
  let inFlight = 0;
  let inFlightBytes = 0;
  let waiting = 0;
  /** After the first refusal: every command since then on this connection, with what became of it. */
  let collected: Sent[] | undefined;
  let collectedBytes = 0;
  /** The run that the next collected reply belongs to, split. */
  let split:
    | { readonly bytes: Uint8Array; readonly from: number; readonly commands: readonly SentCommand[] }
    | undefined;
  /** Something is unknown and the client does not know it yet: what it sends was sent without that knowledge. */
  let isUntold = false;
  let isPaused = false;
  let isEnding = false;
  let isClosed = false;

  const owner: Owner<Item> = {
    get wantsSingleReplies() {
      return collected !== undefined;
    },
    isSubscribed: false,
    replyPart(bytes) {
      write(bytes);
    },
    replied(bytes, count, run) {
      if (collected !== undefined) collect(collected, { type: 'answered', reply: bytes }, run);
      else write(bytes);
      settled(count, run);
    },
    repliedError(bytes, run) {
      const outcome = refusalIn(bytes);
      if (outcome !== undefined) {
        counters.refusals += 1;
        collected ??= [];
        collect(collected, { type: 'refused', reply: bytes, outcome }, run);
      } else if (collected !== undefined) collect(collected, { type: 'answered', reply: bytes }, run);
      else write(bytes);
      settled(1, run);
    },
    pushed: () => 0,
    lost(lostUpstream, loss) {
      onLost(lostUpstream, loss);
    },
  };

  // ---- what the client asks

  const intake = createIntake(
    {
      run(bytes, from, to, count, bits) {
        if (
          line.size === 0 &&
          upstream !== undefined &&
          generation === origin.generation &&
          collected === undefined &&
          upstream.isOpen &&
          (!upstream.isBusy || inFlight > 0) &&
          ((bits & writeBit) === 0 || origin.role === 'primary')
        ) {
          inFlight += count;
          inFlightBytes += to - from;
          upstream.send(owner, undefined, bytes, from, to, count);
          return;
        }
        acceptRun(bytes, from, to, count, bits);
      },
      command() {
        reply(protocolError('not yet'));
      },
      part() {
        reply(protocolError('not yet'));
      },
      violation(problem) {
        counters.protocolErrors += 1;
        reply(protocolError(problem));
        end();
      },
    },
    limits,
  );

  function acceptRun(bytes: Uint8Array, from: number, to: number, count: number, bits: number): void {
    if (origin.role === 'replica' && (bits & writeBit) !== 0) {
      for (const command of splitRun(bytes, from, to)) {
        if (command.traits.isWrite) reply(readOnlyListener);
        else acceptRun(bytes, command.from, command.to, 1, 0);
      }
      return;
    }
    if (isUntold && !context.continueAfterUnknown) {
      refuse(count, 'a command before it is unknown');
      return;
    }
    const run: PendingRun = {
      type: 'run',
      bytes,
      from,
      to,
      count,
      bits,
      deadline: tick.now() + context.holdMs,
      gate: openGate,
    };
    line.push(run);
    // Behind others that wait it waits too, and is counted with them.
    if (waiting > 0) hold(run);
    pump();
  }

  function reply(bytes: Uint8Array, tellsUnknown = false): void {
    line.push({ type: 'reply', bytes, tellsUnknown });
    pump();
  }

  function refuse(count: number, reason: string): void {
    counters.notExecuted += count;
    reply(repeated(notExecuted(reason), count));
  }

  // ---- whose turn it is

  function pump(): void {
    for (let head = line.head; head !== undefined && !isClosed; head = line.head) {
      if (head.type === 'reply') {
        if (inFlight > 0) return;
        line.shift();
        write(head.bytes);
        if (head.tellsUnknown) isUntold = false;
      } else if (!sendRun(head)) return;
    }
    if (isEnding && !isClosed && inFlight === 0 && line.size === 0) client.end();
  }

  /** True if the head of the line was dealt with. */
  function sendRun(run: PendingRun): boolean {
    if (run.gate.type === 'waiting' || collected !== undefined) return false;
    const lease = origin.lease();
    if (lease === undefined) {
      hold(run);
      return false;
    }
    if (inFlight > 0) {
      if (upstream?.lease !== lease || !upstream.isOpen) return false;
    } else {
      const taken = pool.take(lease, identity, pump);
      if (taken.type === 'waiting') {
        upstream = undefined;
        if (tick.now() < run.deadline) return false;
        giveUp(run, 'no connection within the hold window');
        return true;
      }
      if (taken.type === 'rejected') {
        line.replaceHead([
          {
            type: 'reply',
            bytes: repeated(Buffer.from(`-${taken.error}\r\n`), run.count),
            tellsUnknown: false,
          },
        ]);
        return true;
      }
      upstream = taken.upstream;
    }
    generation = origin.generation;
    line.shift();
    inFlight += run.count;
    inFlightBytes += run.to - run.from;
    upstream.send(owner, undefined, run.bytes, run.from, run.to, run.count);
    return true;
  }

  function hold(run: PendingRun): void {
    const abort = new AbortController();
    waitUntil(run, () => {
      abort.abort();
    });
    const request = {
      bytes: run.to - run.from,
      count: run.count,
      deadline: run.deadline,
      signal: abort.signal,
    };
    origin.hold(request).then(
      () => {
        pass(run);
      },
      (error: unknown) => {
        if (run.gate.type !== 'waiting') return;
        waiting -= 1;
        run.gate = passedGate;
        giveUpLater(run, error instanceof Error ? error.message : 'no server');
      },
    );
  }

  function waitUntil(run: PendingRun, cancel: () => void): void {
    run.gate = { type: 'waiting', cancel };
    waiting += 1;
  }

  function pass(run: PendingRun): void {
    if (run.gate.type !== 'waiting') return;
    waiting -= 1;
    run.gate = passedGate;
    pump();
  }

  function giveUp(run: PendingRun, reason: string): void {
    counters.notExecuted += run.count;
    line.replaceHead([
      { type: 'reply', bytes: repeated(notExecuted(reason), run.count), tellsUnknown: false },
    ]);
  }

  /** Its hold ended without a lease: its place in the line becomes the answer. */
  function giveUpLater(run: PendingRun, reason: string): void {
    const all = line.drain();
    counters.notExecuted += run.count;
    line.putInFront(
      all.map((each): Pending =>
        each === run
          ? { type: 'reply', bytes: repeated(notExecuted(reason), run.count), tellsUnknown: false }
          : each,
      ),
    );
    pump();
  }

  // ---- what the server answers

  function settled(count: number, run: SentRun): void {
    inFlight -= count;
    origin.answered += count;
    if (run.answered >= run.count) inFlightBytes -= run.to - run.from;
    if (inFlight > 0) return;
    if (collected !== undefined && upstream !== undefined) settleCollected(upstream);
    else if (line.size > 0 || isEnding) pump();
    if (isPaused) resumeReading();
  }

  function refusalIn(bytes: Buffer): Outcome | undefined {
    const text = bytes.toString('latin1', 1, Math.min(bytes.length, 512)).trimEnd();
    const code = /^\S*/.exec(text)?.[0] ?? '';
    const failure: Failure = { type: 'errorReply', code, text };
    const outcome = context.classify(failure, unknownTraits);
    if (outcome.type !== 'refused') return undefined;
    if (origin.role === 'replica' && code === 'READONLY') return undefined;
    if (upstream !== undefined) {
      cluster.report({
        type: 'said',
        member: { endpoint: upstream.lease.server, kind: 'data' },
        openedAt: upstream.openedAt,
        reply: failure,
      });
    }
    return outcome;
  }

  function collect(into: Sent[], fate: Sent['fate'], run: SentRun): void {
    if (split?.bytes !== run.bytes || split.from !== run.from) {
      split = { bytes: run.bytes, from: run.from, commands: splitRun(run.bytes, run.from, run.to) };
    }
    const command = split.commands[run.answered - 1];
    if (command === undefined) throw new Error('a reply to no command');
    const size = fate.type === 'answered' ? fate.reply.length : 0;
    collectedBytes += size;
    const isTooMuch = collectedBytes > limits.maxUnreadBytes && !command.traits.isWrite;
    into.push({ command, fate: isTooMuch ? { type: 'repeatable' } : fate });
  }

  function settleCollected(on: Upstream<Item>): void {
    const sent = collected ?? [];
    const before = on.lease;
    forgetRoute();
    settle(sent, on, 'the server refused');
    // The same server again at once would only refuse again: give the cluster a moment to learn of it.
    if (origin.lease() === before) pauseHead(refusalPauseMs);
    pump();
  }

  function onLost(lostUpstream: Upstream<Item>, loss: Loss<Item>): void {
    if (loss.isCut) {
      counters.cutReplies += 1;
      close();
    }
    if (isClosed) return;
    const sent: Sent[] = [...(collected ?? [])];
    for (const run of loss.runs) {
      const commands = splitRun(run.bytes, run.from, run.to).slice(run.answered);
      for (const command of commands)
        sent.push({ command, fate: { type: run.isWritten ? 'lost' : 'repeatable' } });
    }
    forgetRoute();
    settle(sent, lostUpstream, loss.reason);
    pump();
    if (isPaused) resumeReading();
  }

  function forgetRoute(): void {
    inFlight = 0;
    inFlightBytes = 0;
    upstream = undefined;
    collected = undefined;
    collectedBytes = 0;
    split = undefined;
  }

  function settle(sent: readonly Sent[], on: Upstream<Item>, reason: string): void {
    const deadline = tick.now() + context.holdMs;
    const settlement = settleBurst(sent, {
      lost: { type: 'connectionLost', reason },
      classify: context.classify,
      nextStep: (outcome, traits) => cluster.nextStep(origin.target, outcome, traits, deadline),
      continueAfterUnknown: context.continueAfterUnknown,
    });
    const front: Pending[] = [];
    let unknown = 0;
    let pauseMs = 0;
    for (const each of settlement) {
      switch (each.type) {
        case 'reply':
          front.push({ type: 'reply', bytes: each.reply, tellsUnknown: false });
          break;
        case 'resend':
          counters.resent += 1;
          if (front.length === 0) pauseMs = each.afterMs;
          pushRun(front, each.command, deadline);
          break;
        case 'unknown':
          unknown += 1;
          front.push({ type: 'reply', bytes: outcomeUnknown(on.lease, reason), tellsUnknown: true });
          break;
        case 'notExecuted':
          counters.notExecuted += 1;
          front.push(notExecutedReply);
          break;
      }
    }
    if (unknown > 0) {
      counters.unknown += unknown;
      cluster.reportUnknown(origin.target, on.lease.server, unknown, reason);
      isUntold = true;
      if (!context.continueAfterUnknown) front.push(...line.drain().map(asNotExecuted));
    }
    line.putInFront(front);
    if (pauseMs > 0) pauseHead(pauseMs);
  }

  function asNotExecuted(pending: Pending): Pending {
    if (pending.type === 'reply') return pending;
    if (pending.gate.type === 'waiting') {
      waiting -= 1;
      const { cancel } = pending.gate;
      pending.gate = passedGate;
      cancel();
    }
    counters.notExecuted += pending.count;
    return {
      type: 'reply',
      bytes: repeated(notExecuted('a command before it is unknown'), pending.count),
      tellsUnknown: false,
    };
  }

  function pauseHead(ms: number): void {
    const { head } = line;
    if (head?.type !== 'run' || head.gate.type === 'waiting') return;
    const cancel = context.runtime.after(ms, () => {
      pass(head);
    });
    waitUntil(head, cancel);
  }

  // ---- bytes to and from the client

  function write(bytes: Uint8Array): void {
    if (isClosed) return;
    if (client.write(bytes)) return;
    if (client.writableLength > limits.maxUnreadBytes) {
      counters.closedSlow += 1;
      close();
    } else pauseReading();
  }

  function pauseReading(): void {
    if (isPaused) return;
    isPaused = true;
    client.pause();
  }

  function resumeReading(): void {
    if (client.writableNeedDrain || line.bytes + inFlightBytes > limits.maxPendingBytes / 2) return;
    isPaused = false;
    client.resume();
  }

  function end(): void {
    isEnding = true;
    pump();
  }

  function close(): void {
    client.destroy();
    onClose();
  }

  function onClose(): void {
    if (isClosed) return;
    isClosed = true;
    // Held commands go with the client that asked for them: it may ask again elsewhere.
    for (const each of line.drain())
      if (each.type === 'run' && each.gate.type === 'waiting') each.gate.cancel();
    options.onClosed();
  }

  client.on('data', (chunk: Buffer) => {
    if (isEnding) return;
    intake.feed(chunk);
    if (line.bytes + inFlightBytes > limits.maxPendingBytes) pauseReading();
  });
  client.on('drain', () => {
    if (isPaused) resumeReading();
  });
  client.on('end', () => {
    for (const each of line.drain())
      if (each.type === 'run' && each.gate.type === 'waiting') each.gate.cancel();
    end();
  });
  client.on('error', () => undefined);
  client.on('close', onClose);

  return { drain: end, close };
}

/** ms before a server that refused is asked again while it holds the lease. */
const refusalPauseMs = 50;
const unknownTraits = coreTraits({
  name: '',
  route: 'shared',
  isWrite: true,
  isIdempotent: false,
  isBlocking: false,
});
const notExecutedReply: PendingReply = {
  type: 'reply',
  bytes: notExecuted('a command before it is unknown'),
  tellsUnknown: false,
};

function repeated(bytes: Buffer, count: number): Buffer {
  return count === 1 ? bytes : Buffer.concat(Array.from({ length: count }, () => bytes));
}

/** Neighbours go together again, as they came. */
function pushRun(front: Pending[], command: SentCommand, deadline: number): void {
  const last = front.at(-1);
  if (last?.type === 'run' && last.bytes === command.bytes && last.to === command.from) {
    front[front.length - 1] = { ...last, to: command.to, count: last.count + 1 };
    return;
  }
  front.push({
    type: 'run',
    bytes: command.bytes,
    from: command.from,
    to: command.to,
    count: 1,
    bits: 0,
    deadline,
    gate: openGate,
  });
}
