import type { Pace, Report } from '../adapter.ts';
import type { RoundTrips } from '../health/index.ts';
import { addRoundTrip, judgeSilence, publishedRoundTrip, silenceLimitMs } from '../health/index.ts';
import type { Member, Ms } from '../model/index.ts';
import type { Cancel, Runtime } from '../runtime/runtime.ts';

/** One connection to the member that is asked. It starts to connect at once and never connects again by itself. */
export interface AskedConnection<R> {
  /** When the attempt began: whatever it tells is not older. */
  readonly openedAt: Ms;
  /** Asks what is due in the `round`-th round, from 0. `onDone` comes just before the last reply of the round. */
  ask(round: number, onReply: (reply: R) => void, onDone: () => void): void;
  /** The least that it can be asked. */
  ping(onPong: () => void): void;
  close(): void;
}

export interface AskedEvents {
  /** Connected and logged in. */
  onReady(): void;
  /** It failed or was closed by the other side. Called once, and not after `close`. */
  onEnd(reason: string): void;
}

export interface ProbeOptions<R> {
  readonly member: Member;
  readonly runtime: Runtime;
  /** ms between two rounds, and at most between two attempts to connect. */
  readonly everyMs: Readonly<Record<Pace, number>>;
  readonly retryMs: Readonly<Record<Pace, number>>;
  open(events: AskedEvents): AskedConnection<R>;
  report(report: Report<R>): void;
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
export function startProbe<R>(options: ProbeOptions<R>): Probe {
  const { member, runtime } = options;
  let pace: Pace = 'idle';
  let trips: RoundTrips = [];
  let roundTripMs: number | undefined;
  let failures = 0;
  let isClosed = false;
  let connection: AskedConnection<R> | undefined;
  let isReady = false;
  let canary: AskedConnection<R> | undefined;
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

  function open(
    onReady: (opened: AskedConnection<R>) => void,
    onEnd: (reason: string) => void,
  ): AskedConnection<R> {
    round = 0;
    const opened = options.open({
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
    const thisRound = round;
    round += 1;
    const startedAt = runtime.now();
    askedAt = startedAt;
    isHurried = false;
    const limitMs = silenceLimitMs(trips);
    watchSilence(asked, startedAt, limitMs, limitMs);
    asked.ask(
      thisRound,
      (reply) => {
        failures = 0;
        options.report({
          type: 'said',
          member,
          openedAt: asked.openedAt,
          reply,
          ...(roundTripMs === undefined ? {} : { roundTripMs }),
        });
      },
      () => {
        settle(startedAt);
      },
    );
  }

  function settle(startedAt: Ms): void {
    trips = addRoundTrip(trips, runtime.now() - startedAt);
    roundTripMs = publishedRoundTrip(roundTripMs, trips);
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

  function watchSilence(asked: AskedConnection<R>, since: Ms, limitMs: number, inMs: number): void {
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
      opened.ping(() => {
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
