import type { EndpointId, Ms, Report } from '@failover/core';
import type { ListedReplica, ListedSentinel, RedisReply, SentinelMaster } from '../replies.ts';
import type { SentinelEvent } from '../sentinel-events.ts';

/** What one Sentinel said last about our master name. */
export interface Witness {
  readonly endpoint: EndpointId;
  readonly openedAt: Ms;
  readonly isHeard: boolean;
  readonly isTilt: boolean;
  /** It was asked about the name and answered, or cannot be heard: until then it is neither counted nor missed. */
  readonly hasVerdict: boolean;
  /** Its run id. Until it is told, its address stands for it. */
  readonly id: string;
  /** Absent while it does not know the name. */
  readonly master?: SentinelMaster;
  /** Absent until it listed them. */
  readonly replicas?: readonly ListedReplica[];
  readonly peers?: readonly ListedSentinel[];
  /** The successor that it chose, as long as it says so. */
  readonly promoted?: EndpointId;
}

export type Witnesses = ReadonlyMap<EndpointId, Witness>;

/** Learns from one report about a Sentinel. The same object if nothing was learnt. */
export function hearWitness(before: Witness | undefined, report: Report<RedisReply>, name: string): Witness {
  const endpoint = report.member.endpoint;
  const { openedAt } = report;
  const known = before ?? unheard(endpoint, openedAt, endpoint);
  if (report.type !== 'said') {
    if (openedAt < known.openedAt || (known.hasVerdict && !known.isHeard)) return known;
    return { ...known, isHeard: false, hasVerdict: true };
  }
  // Events come over a second connection: that it stands says nothing about the one that answers.
  if (report.reply.type === 'sentinelEvent') return note(known, report.reply, name);
  const heard = known.isHeard && known.openedAt === openedAt ? known : { ...known, isHeard: true, openedAt };
  return note(heard, report.reply, name);
}

function note(witness: Witness, reply: RedisReply, name: string): Witness {
  switch (reply.type) {
    case 'sentinelMaster':
      return reply.name === name
        ? keepSame(witness, { ...witness, master: reply, hasVerdict: true })
        : witness;
    case 'sentinelReplicas': {
      if (reply.name !== name) return witness;
      const { promoted: _before, ...rest } = witness;
      const chosen = reply.replicas.find((replica) => replica.flags.includes('promoted'))?.address;
      // The flag alone may be left over: only in a failover that goes on does it say what comes.
      const isOn = witness.master?.flags.includes('failover_in_progress') === true;
      const promoted = isOn && chosen !== undefined ? { promoted: chosen } : {};
      return keepSame(witness, { ...rest, replicas: reply.replicas, ...promoted });
    }
    case 'sentinelPeers':
      return reply.name === name ? keepSame(witness, { ...witness, peers: reply.peers }) : witness;
    case 'myId':
      if (witness.id === reply.id) return witness;
      if (witness.id === witness.endpoint) return { ...witness, id: reply.id };
      // Another Sentinel answers at this address: what the one before it said is not its word.
      return { ...unheard(witness.endpoint, witness.openedAt, reply.id), isHeard: true };
    case 'sentinelTilt':
      return setTilt(witness, reply.isTilt);
    case 'sentinelEvent':
      return hearEvent(witness, reply.event, name);
    case 'unknownMaster':
    case 'errorReply': {
      if (witness.master === undefined && witness.hasVerdict) return witness;
      const { master: _forgotten, promoted: _too, ...rest } = witness;
      return { ...rest, hasVerdict: true };
    }
    case 'role':
    case 'clusterNodes':
      return witness;
  }
}

function hearEvent(witness: Witness, event: SentinelEvent, name: string): Witness {
  if (event.type === 'tilt') return setTilt(witness, event.isTilt);
  // Promoted stands for selected, if that was missed.
  const isChoice = event.type === 'selectedSlave' || event.type === 'promotedSlave';
  if (!isChoice || event.masterName !== name || witness.promoted === event.server) return witness;
  return { ...witness, promoted: event.server };
}

function unheard(endpoint: EndpointId, openedAt: Ms, id: string): Witness {
  return { endpoint, openedAt, id, isHeard: false, isTilt: false, hasVerdict: false };
}

function setTilt(witness: Witness, isTilt: boolean): Witness {
  return witness.isTilt === isTilt ? witness : { ...witness, isTilt };
}

function keepSame(before: Witness, after: Witness): Witness {
  return JSON.stringify(before) === JSON.stringify(after) ? before : after;
}

/**
 * Whom it holds for the primary. A leader that promoted its choice already counts the new epoch, but answers with
 * the old address until the other replicas follow, about a second later: then its choice is what it means.
 */
export function namedBy(witness: Witness): EndpointId | undefined {
  switch (witness.master?.failoverState ?? '') {
    case 'reconf_slaves':
    case 'update_config':
      return witness.replicas?.find((replica) => replica.flags.includes('promoted'))?.address;
    default:
      return witness.master?.address;
  }
}
