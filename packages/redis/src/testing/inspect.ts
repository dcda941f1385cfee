import { endpointOf, type EndpointId, type Runtime } from '@failover/core';
import { itemsOf, textOf, type RespValue } from '../protocol/value.ts';
import { askOnce, connectResp } from './resp-client.ts';

/** What a data server says of itself. */
export type SeenRole =
  | { readonly type: 'master'; readonly replicas: readonly EndpointId[] }
  | { readonly type: 'slave'; readonly of: EndpointId; readonly link: string }
  | { readonly type: 'none'; readonly reason: string };

/** What one Sentinel says of one master. */
export type SeenMaster =
  | {
      readonly type: 'master';
      readonly address: EndpointId;
      readonly flags: readonly string[];
      readonly configEpoch: number;
      readonly otherSentinels: number;
      readonly replicas: readonly { readonly address: EndpointId; readonly flags: readonly string[] }[];
    }
  | { readonly type: 'none'; readonly reason: string };

/** ms: a server on loopback answers in less than one; a hung one never. */
const askMs = 1_500;

export async function seeRole(runtime: Runtime, server: EndpointId, password?: string): Promise<SeenRole> {
  try {
    const items = itemsOf(await askOnce(runtime, server, ['ROLE'], askMs, password)) ?? [];
    const [kind, second, third, fourth] = items;
    if (textOf(kind) === 'master') {
      const replicas = (itemsOf(third) ?? []).map((replica) => addressOf(itemsOf(replica) ?? []));
      return { type: 'master', replicas };
    }
    if (textOf(kind) === 'slave') {
      return {
        type: 'slave',
        of: endpointOf(textOf(second) ?? '', numberOf(third)),
        link: textOf(fourth) ?? '',
      };
    }
    return { type: 'none', reason: 'answers no ROLE' };
  } catch (error) {
    return { type: 'none', reason: reasonOf(error) };
  }
}

export async function seeMaster(runtime: Runtime, sentinel: EndpointId, name: string): Promise<SeenMaster> {
  const client = connectResp(runtime, sentinel);
  try {
    const [master, replicas] = await Promise.all([
      client.send(['SENTINEL', 'MASTER', name], askMs),
      client.send(['SENTINEL', 'REPLICAS', name], askMs),
    ]);
    if (master.type === 'error') return { type: 'none', reason: master.text };
    const fields = fieldsOf(master);
    return {
      type: 'master',
      address: endpointOf(fields.get('ip') ?? '', Number(fields.get('port'))),
      flags: (fields.get('flags') ?? '').split(','),
      configEpoch: Number(fields.get('config-epoch')),
      otherSentinels: Number(fields.get('num-other-sentinels')),
      replicas: (itemsOf(replicas) ?? []).map((replica) => {
        const of = fieldsOf(replica);
        return {
          address: endpointOf(of.get('ip') ?? '', Number(of.get('port'))),
          flags: (of.get('flags') ?? '').split(','),
        };
      }),
    };
  } catch (error) {
    return { type: 'none', reason: reasonOf(error) };
  } finally {
    client.close();
  }
}

/** Keys and values that alternate, or a map. */
export function fieldsOf(value: RespValue): ReadonlyMap<string, string> {
  const items = itemsOf(value) ?? [];
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < items.length; at += 2) {
    fields.set(textOf(items[at]) ?? '', textOf(items[at + 1]) ?? '');
  }
  return fields;
}

function addressOf(items: readonly RespValue[]): EndpointId {
  return endpointOf(textOf(items[0]) ?? '', numberOf(items[1]));
}

function numberOf(value: RespValue | undefined): number {
  return value?.type === 'integer' ? Number(value.value) : Number(textOf(value));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
