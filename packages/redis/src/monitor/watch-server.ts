import type { Member, Pace, Probe, Report, Runtime } from '@failover/core';
import { startProbe } from '@failover/core';
import type { Observable } from 'rxjs';
import type { RedisConfig } from '../config.ts';
import { readRole } from '../read-reply.ts';
import type { ListedNode, RedisReply } from '../replies.ts';
import type { Question } from './asked-connection.ts';
import { openAsked } from './asked-connection.ts';
import { createNodesReader } from './nodes-reader.ts';

/**
 * ms between two ROLE. Idle 500: two commands a second for each client. Alert 100: suspicion is short. Fast 20,
 * for the one chosen successor only, as a backup of the close of its connections.
 */
const everyMs: Readonly<Record<Pace, number>> = { idle: 500, alert: 100, fast: 20 };
/** ms at most between two attempts to connect: 200 clients must not flood an address that refuses them. */
const retryMs: Readonly<Record<Pace, number>> = { idle: 1000, alert: 250, fast: 20 };
/** At rest a node is asked for all nodes in one of so many rounds. */
const nodesEvery = 4;
/** ms between two questions to a node that may be elected any moment: it is the first to know. */
const electionMs = 20;

/** Watches one server that holds data, by what it says of its own role. */
export function watchServer(
  member: Member,
  config: RedisConfig,
  pace$: Observable<Pace>,
  runtime: Runtime,
  report: (report: Report<RedisReply>) => void,
): () => void {
  const { username, password, connectTimeoutMs, maxReplicaLagBytes } = config;
  const role: Question = { args: ['ROLE'], read: (value) => readRole(value, maxReplicaLagBytes) };
  const nodes: Question = { args: ['CLUSTER', 'NODES'], read: createNodesReader() };
  const isNode = config.cluster.length > 0;
  let pace: Pace = 'idle';
  // Which shard it belongs to first, then its role in it. All nodes list all nodes: at rest that is asked less often.
  const questions = (round: number): readonly Question[] =>
    isNode && (pace !== 'idle' || round % nodesEvery === 0) ? [nodes, role] : [role];
  let stopHurry = (): void => undefined;
  const hear = (heard: Report<RedisReply>): void => {
    report(heard);
    if (heard.type !== 'said' || heard.reply.type !== 'clusterNodes' || !mayBeElected(heard.reply.nodes))
      return;
    stopHurry();
    stopHurry = runtime.after(electionMs, probe.hurry);
  };
  const probe: Probe = startProbe({
    member,
    runtime,
    everyMs,
    retryMs,
    open: (events) =>
      openAsked(member.endpoint, { username, password, connectTimeoutMs }, runtime, questions, events),
    report: hear,
  });
  const paces = pace$.subscribe((next) => {
    pace = next;
    probe.setPace(next);
  });
  return () => {
    paces.unsubscribe();
    stopHurry();
    probe.close();
  };
}

/** Its primary does not answer it, so that it asks for votes, or soon will. */
function mayBeElected(nodes: readonly ListedNode[]): boolean {
  const follows = nodes.find(({ isMyself }) => isMyself)?.follows;
  return nodes.some(({ id, health }) => id === follows && health !== 'fine');
}
