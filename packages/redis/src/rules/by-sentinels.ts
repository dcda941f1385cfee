import type { EndpointId, Ms, Report } from '@failover/core';
import type { RedisReply } from '../replies.ts';
import { confirm, provide } from './claims.ts';
import { count, recount } from './count.ts';
import type { Selection } from './selection.ts';
import { hearSelection, isLive } from './selection.ts';
import type { Heard, SentinelState } from './sentinel-state.ts';
import { isFenced, primaryOf } from './sentinel-state.ts';
import { hearServer } from './servers.ts';
import type { Witness } from './witness.ts';
import { hearWitness } from './witness.ts';

/** One report, weighed against all that the Sentinels and the servers said before. */
export function stepSentinels(state: SentinelState, report: Report<RedisReply>, now: Ms): Heard {
  return report.member.kind === 'witness' ? hearSentinel(state, report, now) : hearData(state, report, now);
}

function hearSentinel(state: SentinelState, report: Report<RedisReply>, now: Ms): Heard {
  const endpoint = report.member.endpoint;
  const before = state.witnesses.get(endpoint);
  const after = hearWitness(before, report, state.name);
  if (after === before) return abort(state, report);
  const [chosen, choice] = select(state, before, after, now);
  const next = { ...chosen, witnesses: new Map(chosen.witnesses).set(endpoint, after) };
  const [counted, news] = count(next, now);
  return [counted, [...choice, ...news]];
}

function select(state: SentinelState, before: Witness | undefined, after: Witness, now: Ms): Heard {
  if (state.promotion !== 'selected') return [state, []];
  const selection = hearSelection(state.selection, before, after, now);
  if (selection === undefined || selection === state.selection) return [state, []];
  // The leader repeats its choice for a second after the majority followed it: that is no new failover. One that goes
  // back to whom the majority named last is, if another was chosen in between and the majority was not heard since.
  const isRepeat =
    selection.server === state.naming?.server &&
    (state.selection === undefined || state.selection.server === selection.server);
  if (isRepeat) return [state, []];
  const { server, namedAt, by } = selection;
  const above = state.naming?.epoch;
  const observation = {
    type: 'successorNamed',
    target: primaryOf(state),
    server,
    namedAt,
    by,
    above,
  } as const;
  return [{ ...state, selection }, isFenced(state) ? [] : [observation]];
}

/** Only who chose can call it off: another Sentinel that lost the election aborts only its own attempt. */
function abort(state: SentinelState, report: Report<RedisReply>): Heard {
  const { selection } = state;
  if (selection === undefined || report.type !== 'said' || report.reply.type !== 'sentinelEvent')
    return [state, []];
  const { event } = report.reply;
  const isOurs =
    event.type === 'failoverAborted' &&
    event.masterName === state.name &&
    report.member.endpoint === selection.by;
  return isOurs ? withdrawSelection(state, selection, event.reason) : [state, []];
}

function withdrawSelection(state: SentinelState, selection: Selection, reason: string): Heard {
  const { selection: _over, ...rest } = state;
  return [rest, [{ type: 'claimWithdrawn', target: primaryOf(state), server: selection.server, reason }]];
}

function hearData(state: SentinelState, report: Report<RedisReply>, now: Ms): Heard {
  const heard = hearServer(state.servers, report, {
    shard: state.name,
    staleReplicaMs: state.staleReplicaMs,
    now,
  });
  const observations = [...heard.observations];
  const server = report.member.endpoint;
  if (heard.demotedBy !== undefined && !isOldNews(state, server, now)) {
    observations.push({ type: 'claimWithdrawn', target: primaryOf(state), server, reason: heard.demotedBy });
  }
  const told = heard.servers === state.servers ? state : { ...state, servers: heard.servers };
  if (!heard.saysMaster) return [told, observations];
  const [next, news] = told.domains.size > 0 ? recount(told, now) : ([told, []] as const);
  observations.push(...news, ...confirm(next, server), ...provide(next, server, report.openedAt, now));
  return [next, observations];
}

/**
 * A former primary was chosen again before it was heard as a replica: that it was demoted then says nothing against
 * the choice. If it says it after it had said master for the sake of this choice, the choice is over.
 */
function isOldNews({ selection, servers, naming }: SentinelState, server: EndpointId, now: Ms): boolean {
  const saidMasterOn = servers.get(server)?.openedAt ?? -Infinity;
  return (
    isLive(selection, now) &&
    selection.server === server &&
    naming?.server !== server &&
    saidMasterOn < selection.namedAt
  );
}
