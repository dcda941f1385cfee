import type { EndpointId, HashRange } from '@failover/core';
import type { RespValue } from './protocol/value.ts';
import { itemsOf, textOf } from './protocol/value.ts';
import type { ListedNode, ListedReplica, ListedSentinel, RedisReply } from './replies.ts';
import { addressOf } from './sentinel-events.ts';

/** A reply that does not look as this command's reply does: reported as such, never guessed at. */
const unreadable = (command: string): RedisReply => ({
  type: 'errorReply',
  code: 'UNREADABLE',
  text: `an answer to ${command} that cannot be read`,
});

export function readError(value: RespValue): RedisReply | undefined {
  if (value.type !== 'error' && value.type !== 'bulkError') return undefined;
  return { type: 'errorReply', code: /^\S*/.exec(value.text)?.[0] ?? '', text: value.text };
}

/** @param maxLagBytes of a replica's acknowledged offset behind its primary's own, both as the primary tells them */
export function readRole(value: RespValue, maxLagBytes = Infinity): RedisReply {
  const items = itemsOf(value) ?? [];
  switch (textOf(items[0]) ?? '') {
    case 'master': {
      const offset = numberOf(items[1]);
      const listed = (itemsOf(items[2]) ?? []).map((item) => {
        const [host, port, acknowledged] = itemsOf(item) ?? [];
        const address = addressOf(textOf(host), textOf(port));
        return { address, isLagging: offset - numberOf(acknowledged) > maxLagBytes };
      });
      const replicas = listed.map(({ address }) => address).filter(isKnown);
      const lagging = listed
        .flatMap(({ address, isLagging }) => (isLagging ? [address] : []))
        .filter(isKnown);
      return { type: 'role', role: { type: 'master', replicas, lagging } };
    }
    case 'slave': {
      const port = items[2]?.type === 'integer' ? String(items[2].value) : undefined;
      const primary = addressOf(textOf(items[1]), port);
      return { type: 'role', role: { type: 'slave', primary, isLinked: textOf(items[3]) === 'connected' } };
    }
    case 'sentinel':
      return { type: 'role', role: { type: 'sentinel' } };
    default:
      return readError(value) ?? unreadable('ROLE');
  }
}

export function readSentinelMaster(value: RespValue, name: string): RedisReply {
  const failed = readSentinelError(value, name);
  if (failed !== undefined) return failed;
  const fields = fieldsOf(value);
  const address = addressOf(fields.get('ip'), fields.get('port'));
  const configEpoch = Number(fields.get('config-epoch') ?? NaN);
  const otherSentinels = Number(fields.get('num-other-sentinels') ?? NaN);
  const isWhole =
    address !== undefined && Number.isSafeInteger(configEpoch) && Number.isSafeInteger(otherSentinels);
  if (!isWhole) return unreadable('SENTINEL MASTER');
  const failoverState = fields.get('failover-state');
  return {
    type: 'sentinelMaster',
    name,
    address,
    configEpoch,
    flags: flagsOf(fields),
    downAfterMs: Number(fields.get('down-after-milliseconds') ?? 0),
    quorum: Number(fields.get('quorum') ?? 0),
    otherSentinels,
    ...(failoverState === undefined ? {} : { failoverState }),
  };
}

export function readSentinelReplicas(value: RespValue, name: string): RedisReply {
  const failed = readSentinelError(value, name);
  if (failed !== undefined) return failed;
  const replicas: ListedReplica[] = [];
  for (const item of itemsOf(value) ?? []) {
    const fields = fieldsOf(item);
    const address = addressOf(fields.get('ip'), fields.get('port'));
    if (address !== undefined) replicas.push({ address, flags: flagsOf(fields) });
  }
  return { type: 'sentinelReplicas', name, replicas };
}

export function readSentinelPeers(value: RespValue, name: string): RedisReply {
  const failed = readSentinelError(value, name);
  if (failed !== undefined) return failed;
  const peers: ListedSentinel[] = [];
  for (const item of itemsOf(value) ?? []) {
    const fields = fieldsOf(item);
    const address = addressOf(fields.get('ip'), fields.get('port'));
    if (address !== undefined) peers.push({ address, id: fields.get('runid') ?? '' });
  }
  return { type: 'sentinelPeers', name, peers };
}

export function readMyId(value: RespValue): RedisReply {
  const id = textOf(value);
  return id === undefined ? (readError(value) ?? unreadable('SENTINEL MYID')) : { type: 'myId', id };
}

/** Nodes that are only being met are not told: they have no id yet that stays. */
export function readClusterNodes(value: RespValue): RedisReply {
  const text = textOf(value);
  if (text === undefined) return readError(value) ?? unreadable('CLUSTER NODES');
  return { type: 'clusterNodes', nodes: text.split('\n').flatMap(readNode) };
}

/** `id host:port@busport[,name] flags primary ping pong epoch link slot slot-slot [slot->-id] …` */
function readNode(line: string): readonly ListedNode[] {
  const [id, at = '', flagText = '', primary = '-', , , epoch, link, ...slots] = line.trim().split(' ');
  const flags = flagText.split(',');
  if (id === undefined || link === undefined || flags.includes('handshake')) return [];
  const place = /^(.*):(\d+)(?:@\d+)?(?:,(.*))?$/.exec(at);
  const address = flags.includes('noaddr') ? undefined : addressOf(place?.[1], place?.[2]);
  return [
    {
      id,
      ...(address === undefined ? {} : { address }),
      isMyself: flags.includes('myself'),
      health: flags.includes('fail') ? 'failed' : flags.includes('fail?') ? 'suspected' : 'fine',
      ...(primary === '-' ? {} : { follows: primary }),
      epoch: Number(epoch),
      slots: slots.flatMap(readSlots),
    },
  ];
}

/** What is on its way is still where it comes from. */
function readSlots(text: string): readonly HashRange[] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  return match === null ? [] : [[Number(match[1]), Number(match[2] ?? match[1])]];
}

export function readTilt(value: RespValue): RedisReply {
  const text = textOf(value);
  if (text === undefined) return readError(value) ?? unreadable('INFO sentinel');
  return { type: 'sentinelTilt', isTilt: /^sentinel_tilt:1\s*$/m.test(text) };
}

function readSentinelError(value: RespValue, name: string): RedisReply | undefined {
  const failed = readError(value);
  if (failed?.type !== 'errorReply') return undefined;
  // SENTINEL MASTER says "No such master with that name", since ever and in Valkey too.
  return /no such master/i.test(failed.text) ? { type: 'unknownMaster', name } : failed;
}

function fieldsOf(value: RespValue | undefined): ReadonlyMap<string, string> {
  const items = itemsOf(value) ?? [];
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < items.length; at += 2) {
    fields.set(textOf(items[at]) ?? '', textOf(items[at + 1]) ?? '');
  }
  return fields;
}

function flagsOf(fields: ReadonlyMap<string, string>): readonly string[] {
  return (fields.get('flags') ?? '').split(',').filter((flag) => flag !== '');
}

function isKnown(address: EndpointId | undefined): address is EndpointId {
  return address !== undefined;
}

/** ROLE tells its own offset as a number, and those of replicas as texts. */
function numberOf(value: RespValue | undefined): number {
  return value?.type === 'integer' ? Number(value.value) : Number(textOf(value) ?? NaN);
}
