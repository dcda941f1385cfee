import type { Cancel, Member, Ms, Pace, Report, RoundTrips, Runtime } from '@failover/core';
import { addRoundTrip, judgeSilence, silenceLimitMs } from '@failover/core';
import type { CommandArgument } from '../protocol/encode.ts';
import type { RespValue } from '../protocol/value.ts';
import type { RedisReply } from '../replies.ts';
import type { Connection, ConnectionOptions } from './connection.ts';
import { openConnection } from './connection.ts';

export interface Question {
  readonly args: readonly CommandArgument[];
  read(value: RespValue): RedisReply;
}

export interface ProbeOptions {
  readonly member: Member;
  readonly connection: ConnectionOptions;
  readonly runtime: Runtime;
  /** ms between two rounds, and at most between two attempts to connect. */
  readonly everyMs: Readonly<Record<Pace, number>>;
  readonly retryMs: Readonly<Record<Pace, number>>;
  /** What to ask in the `round`-th round of a connection, from 0. */
  questions(round: number): readonly Question[];
  report(report: Report<RedisReply>): void;
}

export interface Probe {
  setPace(pace: Pace): void;
  /** Asks now, or as soon as what is owed has come. */
  hurry(): void;
  close(): void;
}

/** ms between two reports of one silence. */
const silenceRepeatMs = 250;
/** ms of silence after which a second connection is tried: a stopped process still accepts. */
const canaryAfterMs = 2000;
const firstRetryMs = 10;

/** Asks one member again and again: rounds of questions on one connection, each with a deadline. */
export function startProbe(options: ProbeOptions): Probe {
  const { member, runtime } = options;
  let pace: Pace = 'idle';
  let trips: RoundTrips = [];
  let failures = 0;
  let isClosed = false;
  let connection: Connection | undefined;
  let isReady = false;
  let canary: Connection | undefined;
  let cancelNext: Cancel = () => undefined;
  let cancelSilence: Cancel = () => undefined;
  let cancelCanary: Cancel = () => undefined;
  let round = 0;
  /** Since when an answer is owed. */
  let askedAt: Ms | undefined;
  let isHurried = false;

  function connect(): void {
    cancelNext();
    isReady = false;
    connection = open(() => {
      isReady = true;
      ask();
    }, lose);
  }

  function open(onReady: (opened: Connection) => void, onEnd: (reason: string) => void): Connection {
    round = 0;
    const opened = openConnection(member.endpoint, options.connection, runtime, {
      onReady: () => {
        onReady(opened);
      },
      onEnd,
    });
    return opened;
  }

  function ask(): void {
    cancelNext();
    const asked = connection;
    if (asked === undefined || !isReady || askedAt !== undefined) return;
    const questions = options.questions(round);
    round += 1;
    const startedAt = runtime.now();
    askedAt = startedAt;
    isHurried = false;
    const limitMs = silenceLimitMs(trips);
    watchSilence(asked, startedAt, limitMs, limitMs);
    let left = questions.length;
    for (const question of questions) {
      asked.ask(question.args, (value) => {
        left -= 1;
        if (left === 0) settle(startedAt);
        failures = 0;
        options.report({ type: 'said', member, openedAt: asked.openedAt, reply: question.read(value) });
      });
    }
  }

  function settle(startedAt: Ms): void {
    trips = addRoundTrip(trips, runtime.now() - startedAt);
    askedAt = undefined;
    endSilence();
    next(isHurried ? 0 : jittered(options.everyMs[pace]), ask);
  }

  function endSilence(): void {
    cancelSilence();
    cancelCanary();
    canary?.close();
    canary = undefined;
  }

  function lose(reason: string): void {
    const openedAt = canary?.openedAt ?? connection?.openedAt ?? runtime.now();
    drop();
    failures += 1;
    // The first retry is immediate: a Sentinel that promotes a server makes it close its connections.
    const backoffMs = failures === 1 ? 0 : firstRetryMs * 2 ** Math.min(failures - 2, 10);
    next(jittered(Math.min(backoffMs, options.retryMs[pace])), connect);
    options.report({ type: 'failed', member, openedAt, reason });
  }

  function drop(): void {
    connection?.close();
    connection = undefined;
    askedAt = undefined;
    endSilence();
  }

  function next(ms: number, act: () => void): void {
    cancelNext();
    if (isClosed) return;
    if (ms === 0) {
      act();
      return;
    }
    cancelNext = runtime.after(ms, act);
  }

  function watchSilence(asked: Connection, since: Ms, limitMs: number, inMs: number): void {
    const dueAt = runtime.now() + inMs;
    cancelSilence();
    cancelSilence = runtime.after(inMs, () => {
      const verdict = judgeSilence({ askedAt: since, dueAt, now: runtime.now(), limitMs });
      if (verdict.type === 'wait') {
        watchSilence(asked, since, limitMs, Math.max(1, verdict.at - runtime.now()));
        return;
      }
      watchSilence(asked, since, limitMs, silenceRepeatMs);
      if (verdict.forMs >= canaryAfterMs && canary === undefined) sendCanary();
      options.report({ type: 'silent', member, openedAt: asked.openedAt, forMs: verdict.forMs });
    });
  }

  /** The silent connection may be cut off while its server is well: then a second one answers, or is refused. */
  function sendCanary(): void {
    const sent = open((opened) => {
      opened.ask(['PING'], () => {
        connection?.close();
        connection = opened;
        canary = undefined;
        askedAt = undefined;
        endSilence();
        ask();
      });
    }, lose);
    canary = sent;
    cancelCanary = runtime.after(canaryAfterMs, () => {
      sent.close();
      canary = undefined;
    });
  }

  function jittered(ms: number): number {
    return ms * (0.8 + 0.4 * runtime.random());
  }

  connect();
  return {
    setPace(to) {
      if (to === pace) return;
      const before = pace;
      pace = to;
      if (to === 'fast') {
        // An answer counts for a chosen successor only on a connection that was opened since the choice.
        drop();
        connect();
      } else if (options.everyMs[to] < options.everyMs[before]) {
        // Hundreds of clients see the same trouble at the same instant: they do not all ask at once.
        const soonMs = runtime.random() * options.everyMs[to];
        if (connection === undefined) next(soonMs, connect);
        else if (isReady && askedAt === undefined) next(soonMs, ask);
      }
    },
    hurry() {
      if (askedAt !== undefined) isHurried = true;
      else ask();
    },
    close() {
      isClosed = true;
      cancelNext();
      drop();
    },
  };
}
