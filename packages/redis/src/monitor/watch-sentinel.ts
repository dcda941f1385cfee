import type { Member, Pace, Report, Runtime } from '@failover/core';
import { startProbe } from '@failover/core';
import type { Observable } from 'rxjs';
import type { RedisConfig } from '../config.ts';
import {
  readMyId,
  readSentinelMaster,
  readSentinelPeers,
  readSentinelReplicas,
  readTilt,
} from '../read-reply.ts';
import type { RedisReply } from '../replies.ts';
import type { SentinelEvent } from '../sentinel-events.ts';
import type { Question } from './asked-connection.ts';
import { openAsked } from './asked-connection.ts';
import { subscribeSentinel } from './subscribe-sentinel.ts';

/** ms between two rounds. Never below 250: hundreds of processes must not slow an election down. */
const everyMs: Readonly<Record<Pace, number>> = { idle: 1000, alert: 250, fast: 250 };
const retryMs: Readonly<Record<Pace, number>> = { idle: 1000, alert: 250, fast: 250 };
/** Who else watches, and TILT, change rarely and are announced: asked in each fifth round. */
const fullRoundEvery = 5;
/** ms within which one event after another leads to one more round only. */
const hurryWithinMs = 20;

/** Watches one Sentinel: polls what it believes, and hears what it announces. Either alone suffices. */
export function watchSentinel(
  member: Member,
  config: RedisConfig,
  pace$: Observable<Pace>,
  runtime: Runtime,
  report: (report: Report<RedisReply>) => void,
): () => void {
  const connection = {
    username: config.sentinelUsername,
    password: config.sentinelPassword,
    connectTimeoutMs: config.connectTimeoutMs,
  };
  const ask = questionsOf(config.name);
  const probe = startProbe({
    member,
    runtime,
    everyMs,
    retryMs,
    open: (events) => openAsked(member.endpoint, connection, runtime, ask, events),
    report,
  });
  let cancelHurry: (() => void) | undefined;
  const hurry = (): void => {
    cancelHurry ??= runtime.after(hurryWithinMs * runtime.random(), () => {
      cancelHurry = undefined;
      probe.hurry();
    });
  };
  const unsubscribe = subscribeSentinel(member.endpoint, connection, runtime, {
    onSubscribed: hurry,
    onEvent(event, openedAt) {
      const isOurs = concerns(event, config.name);
      if (isOurs) report({ type: 'said', member, openedAt, reply: { type: 'sentinelEvent', event } });
      if (isOurs && event.type !== 'tilt') hurry();
    },
  });
  const pace = pace$.subscribe((next) => {
    probe.setPace(next);
  });
  return () => {
    pace.unsubscribe();
    cancelHurry?.();
    unsubscribe();
    probe.close();
  };
}

/** The same Sentinels may watch many masters: what happens to another one is no reason to ask. */
function concerns(event: SentinelEvent, name: string): boolean {
  return !('masterName' in event) || event.masterName === name;
}

/**
 * MASTER goes before REPLICAS, so that a successor's flag is read with the state of the failover that it belongs
 * to. Never IS-MASTER-DOWN-BY-ADDR: with a run id it casts a vote.
 */
function questionsOf(name: string): (round: number) => readonly Question[] {
  const id: Question = { args: ['SENTINEL', 'MYID'], read: readMyId };
  const tilt: Question = { args: ['INFO', 'sentinel'], read: readTilt };
  const peers: Question = {
    args: ['SENTINEL', 'SENTINELS', name],
    read: (value) => readSentinelPeers(value, name),
  };
  const state: readonly Question[] = [
    { args: ['SENTINEL', 'MASTER', name], read: (value) => readSentinelMaster(value, name) },
    { args: ['SENTINEL', 'REPLICAS', name], read: (value) => readSentinelReplicas(value, name) },
  ];
  // TILT comes before the words that it makes worthless.
  const full = [tilt, ...state, peers];
  return (round) => (round === 0 ? [id, ...full] : round % fullRoundEvery === 0 ? full : state);
}
