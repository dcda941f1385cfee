import type { EndpointId, Ms } from '@failover/core';
import type { Vote } from './election.ts';
import type { ServerInfo } from './info.ts';
import type { InstanceLink } from './instance-link.ts';

/** One server or Sentinel as one Sentinel sees it. */
export interface Instance {
  readonly kind: 'master' | 'replica' | 'sentinel';
  readonly address: EndpointId;
  readonly link: InstanceLink;
  runId: string;
  /** Subjectively down since. */
  downSince: Ms | undefined;
  /** When INFO was last read; 0: never. */
  infoAt: Ms;
  info: ServerInfo | undefined;
  /** What its INFO says, and since when. */
  roleReported: 'master' | 'slave';
  roleReportedAt: Ms;
  /** Since when it has followed the master that it follows. */
  masterChangedAt: Ms;
  publishedAt: Ms;
  /** Replicas: how far the order to follow the new master got. */
  reconfiguration: 'none' | 'sent' | 'inprog' | 'done';
  reconfiguredAt: Ms;
  /** Sentinels: what it said of the master last, and for whom it voted. */
  saysMasterDown: boolean;
  answeredAt: Ms;
  vote: Vote;
  helloAt: Ms;
}

export function createInstance(
  kind: Instance['kind'],
  address: EndpointId,
  runId: string,
  link: InstanceLink,
  now: Ms,
): Instance {
  return {
    kind,
    address,
    link,
    runId,
    downSince: undefined,
    infoAt: 0,
    info: undefined,
    roleReported: kind === 'master' ? 'master' : 'slave',
    roleReportedAt: now,
    masterChangedAt: now,
    publishedAt: now,
    reconfiguration: 'none',
    reconfiguredAt: 0,
    saysMasterDown: false,
    answeredAt: 0,
    vote: { leader: undefined, epoch: 0 },
    helloAt: now,
  };
}

const pingMs = 1_000;
const infoMs = 10_000;
const minReconnectMs = 15_000;

/** How long it has not answered; 0 if it owes nothing. */
export function silenceMs({ link }: Instance, now: Ms): number {
  if (link.pingWaitsSince !== undefined) return now - link.pingWaitsSince;
  return link.isConnected ? 0 : now - link.availableAt;
}

export function isSilentTooLong(instance: Instance, downAfterMs: number, now: Ms): boolean {
  if (silenceMs(instance, now) > downAfterMs) return true;
  // A master that turned out to be a replica, for long enough that it is no failover.
  return (
    instance.kind === 'master' &&
    instance.roleReported === 'slave' &&
    now - instance.roleReportedAt > downAfterMs + infoMs * 2
  );
}

/** A connection on which nothing has come for long is closed: another one may work. */
export function isLinkStuck({ link }: Instance, downAfterMs: number, now: Ms): boolean {
  return (
    link.isConnected &&
    now - link.connectedAt > minReconnectMs &&
    link.pingWaitsSince !== undefined &&
    now - link.pingWaitsSince > downAfterMs / 2 &&
    now - link.pongedAt > downAfterMs / 2
  );
}

export function isPingDue({ link }: Instance, downAfterMs: number, now: Ms): boolean {
  const periodMs = Math.min(downAfterMs, pingMs);
  return now - link.pongedAt > periodMs && now - link.pingedAt > periodMs / 2;
}

/** Each 10 s; each second from replicas while the master is in doubt. */
export function isInfoDue(instance: Instance, isMasterInDoubt: boolean, now: Ms): boolean {
  if (instance.kind === 'sentinel') return false;
  const isHurried = instance.kind === 'replica' && (isMasterInDoubt || (instance.info?.linkDownMs ?? 0) > 0);
  return instance.infoAt === 0 || now - instance.infoAt > (isHurried ? pingMs : infoMs);
}
