import type { EndpointId } from '@failover/core';
import { hostOf, portOf } from '@failover/core';
import { encodeReply } from '../protocol/encode.ts';
import type { RespEntry, RespValue } from '../protocol/value.ts';
import { array, bulk, error, nullArray, simple } from '../protocol/value.ts';
import type { RespVersion } from './identity.ts';

export interface SentinelFacts {
  /** The master's name as Sentinels know it. */
  readonly name: string;
  /** Where the client reached us; undefined on a Unix socket, which no Sentinel could name. */
  readonly reachedAt: EndpointId | undefined;
  readonly resp: RespVersion;
}

/**
 * What a Sentinel would say whose only master is here, so that a client that is configured for Sentinel needs no other
 * configuration: it asks for the master, is told the address that it is talking to, and finds no other Sentinels.
 * What happens to the real master is our business, so nothing is ever announced.
 */
export function answerSentinel(args: readonly Buffer[], facts: SentinelFacts): Buffer {
  const { name, reachedAt, resp } = facts;
  const subcommand = args[1]?.toString('latin1').toLowerCase() ?? '';
  const isKnown = args[2]?.toString() === name && reachedAt !== undefined;
  const noSuchMaster = error('ERR No such master with that name');
  return encodeReply(answer());

  function answer(): RespValue {
    if (subcommand === 'masters')
      return array(reachedAt === undefined ? [] : [master(name, reachedAt, resp)]);
    if (args.length !== 3) return unknownSubcommand(args[1]?.toString() ?? '');
    switch (subcommand) {
      case 'get-master-addr-by-name':
        if (isKnown) return array([bulk(hostOf(reachedAt)), bulk(String(portOf(reachedAt)))]);
        return resp === 3 ? { type: 'null', form: 'resp3' } : nullArray;
      case 'master':
        return isKnown ? master(name, reachedAt, resp) : noSuchMaster;
      case 'sentinels':
      case 'replicas':
      case 'slaves':
        return isKnown ? array([]) : noSuchMaster;
      case 'ckquorum':
        return isKnown
          ? simple('OK 1 usable Sentinels. Quorum and failover authorization can be reached')
          : noSuchMaster;
      default:
        return unknownSubcommand(args[1]?.toString() ?? '');
    }
  }
}

const unknownSubcommand = (name: string): RespValue =>
  error(`ERR failover answers questions for the master only, not SENTINEL ${name.slice(0, 64)}`);

/** The fields that clients read; all others are about a Sentinel's own work. */
function master(name: string, at: EndpointId, resp: RespVersion): RespValue {
  const fields: readonly (readonly [string, string])[] = [
    ['name', name],
    ['ip', hostOf(at)],
    ['port', String(portOf(at))],
    ['runid', ''],
    ['flags', 'master'],
    ['link-pending-commands', '0'],
    ['link-refcount', '1'],
    ['last-ping-sent', '0'],
    ['last-ok-ping-reply', '0'],
    ['last-ping-reply', '0'],
    ['down-after-milliseconds', '30000'],
    ['info-refresh', '0'],
    ['role-reported', 'master'],
    ['role-reported-time', '0'],
    ['config-epoch', '0'],
    ['num-slaves', '0'],
    ['num-other-sentinels', '0'],
    ['quorum', '1'],
    ['failover-timeout', '180000'],
    ['parallel-syncs', '1'],
  ];
  const entries = fields.map(([field, value]): RespEntry => [bulk(field), bulk(value)]);
  return resp === 3 ? { type: 'map', entries } : array(entries.flat());
}
