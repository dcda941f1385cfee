import { createHash } from 'node:crypto';
import type { HashRange } from '@failover/core';
import { encodeReply } from '../../protocol/encode.ts';
import { keySlot, slotCount } from '../../protocol/key-slot.ts';
import type { RespEntry, RespValue } from '../../protocol/value.ts';
import { array, bulk, error, integer } from '../../protocol/value.ts';
import type { RespVersion } from '../identity.ts';

/** A node as we show it: an address that stays, whatever becomes of the servers behind it. */
export interface ShownNode {
  readonly host: string;
  readonly port: number;
  readonly ranges: readonly HashRange[];
  /** The host of its replicas, in CLUSTER SLOTS: those who are shown them ask for nothing else. */
  readonly replicas?: string;
}

/**
 * What a Redis Cluster would say that has these nodes, so that a client made for clusters needs no
 * other configuration. Undefined for what only a node itself can know or do.
 */
export function answerCluster(
  args: readonly Buffer[],
  nodes: readonly ShownNode[],
  resp: RespVersion,
): Buffer | undefined {
  const value = answer(args, nodes, resp);
  return value === undefined ? undefined : encodeReply(value);
}

function answer(
  args: readonly Buffer[],
  nodes: readonly ShownNode[],
  resp: RespVersion,
): RespValue | undefined {
  switch (args[1]?.toString('latin1').toLowerCase()) {
    case 'slots':
      return array(
        nodes.flatMap((node) =>
          node.ranges.map(([from, to]) =>
            array([
              integer(from),
              integer(to),
              ...hostsOf(node).map((host) =>
                array([bulk(host), integer(node.port), bulk(idOf({ ...node, host }))]),
              ),
            ]),
          ),
        ),
      );
    case 'shards':
      return array(nodes.map((node) => shard(node, resp)));
    case 'nodes':
      return bulk(nodes.map((node, at) => nodeLine(node, at === 0)).join(''));
    case 'info':
      return bulk(info(nodes));
    case 'myid':
      return nodes[0] === undefined ? undefined : bulk(idOf(nodes[0]));
    case 'keyslot':
      return args[2] === undefined || args.length !== 3
        ? error("ERR wrong number of arguments for 'cluster|keyslot' command")
        : integer(keySlot(args[2]));
    default:
      return undefined;
  }
}

const hostsOf = ({ host, replicas }: ShownNode): readonly string[] =>
  replicas === undefined ? [host] : [host, replicas];

/** 40 hex digits, as nodes have. */
const idOf = ({ host, port }: ShownNode): string =>
  createHash('sha1').update(`${host}:${port}`).digest('hex');

function shard(node: ShownNode, resp: RespVersion): RespValue {
  const map = (entries: readonly RespEntry[]): RespValue =>
    resp === 3 ? { type: 'map', entries } : array(entries.flat());
  return map([
    [bulk('slots'), array(node.ranges.flat().map((slot) => integer(slot)))],
    [
      bulk('nodes'),
      array([
        map([
          [bulk('id'), bulk(idOf(node))],
          [bulk('port'), integer(node.port)],
          [bulk('ip'), bulk(node.host)],
          [bulk('endpoint'), bulk(node.host)],
          [bulk('role'), bulk('master')],
          [bulk('replication-offset'), integer(0)],
          [bulk('health'), bulk('online')],
        ]),
      ]),
    ],
  ]);
}

function nodeLine(node: ShownNode, isMyself: boolean): string {
  const slots = node.ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
  const flags = isMyself ? 'myself,master' : 'master';
  return `${[idOf(node), `${node.host}:${node.port}@0`, flags, '-', '0 0 1 connected', ...slots].join(' ')}\n`;
}

function info(nodes: readonly ShownNode[]): string {
  const assigned = nodes.flatMap(({ ranges }) => ranges).reduce((sum, [from, to]) => sum + to - from + 1, 0);
  const fields: readonly (readonly [string, string | number])[] = [
    ['cluster_state', assigned === slotCount ? 'ok' : 'fail'],
    ['cluster_slots_assigned', assigned],
    ['cluster_slots_ok', assigned],
    ['cluster_slots_pfail', 0],
    ['cluster_slots_fail', 0],
    ['cluster_known_nodes', nodes.length],
    ['cluster_size', nodes.length],
    ['cluster_current_epoch', 1],
    ['cluster_my_epoch', 1],
  ];
  return fields.map(([name, value]) => `${name}:${value}\r\n`).join('');
}
