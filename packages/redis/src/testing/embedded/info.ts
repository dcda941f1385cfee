import { hostOf, portOf, type EndpointId, type Ms } from '@failover/core';
import type { Replication } from './replication.ts';

export interface InfoOptions {
  readonly endpoint: EndpointId;
  readonly runId: string;
  readonly version: string;
  readonly now: Ms;
  readonly startedAt: Ms;
  readonly clients: number;
  readonly keyCounts: readonly number[];
  readonly replication: Replication;
}

/** INFO: the fields that clients and Sentinels read. */
export function infoText(options: InfoOptions, wanted: readonly string[]): string {
  const { endpoint, runId, version, now, startedAt, clients, keyCounts, replication } = options;
  const sections: Readonly<Record<string, readonly string[]>> = {
    Server: [
      `redis_version:${version}`,
      'redis_mode:standalone',
      'process_id:1',
      `run_id:${runId}`,
      `tcp_port:${portOf(endpoint)}`,
      `uptime_in_seconds:${Math.floor((now - startedAt) / 1_000)}`,
    ],
    Clients: [`connected_clients:${clients}`, 'blocked_clients:0'],
    Persistence: ['loading:0'],
    Replication: replicationLines(replication, now),
    Keyspace: keyCounts.flatMap((count, db) =>
      count > 0 ? [`db${db}:keys=${count},expires=0,avg_ttl=0`] : [],
    ),
  };
  const names = wanted.map((name) => name.toLowerCase());
  const isAll = names.length === 0 || names.some((name) => ['all', 'default', 'everything'].includes(name));
  return Object.entries(sections)
    .filter(([name]) => isAll || names.includes(name.toLowerCase()))
    .map(([name, lines]) => [`# ${name}`, ...lines].map((line) => `${line}\r\n`).join(''))
    .join('\r\n');
}

function replicationLines(replication: Replication, now: Ms): readonly string[] {
  const { master, link, linkDownSince, offset, replicationId } = replication;
  const replicas = replication.replicas();
  return [
    `role:${master === undefined ? 'master' : 'slave'}`,
    ...(master === undefined
      ? []
      : [
          `master_host:${hostOf(master)}`,
          `master_port:${portOf(master)}`,
          `master_link_status:${link === 'connected' ? 'up' : 'down'}`,
          `slave_repl_offset:${offset}`,
          ...(linkDownSince === undefined
            ? []
            : [`master_link_down_since_seconds:${Math.floor((now - linkDownSince) / 1_000)}`]),
          'slave_priority:100',
          'slave_read_only:1',
          'replica_announced:1',
        ]),
    `connected_slaves:${replicas.length}`,
    ...replicas.map(
      ({ endpoint, acknowledged }, at) =>
        `slave${at}:ip=${hostOf(endpoint)},port=${portOf(endpoint)},state=online,offset=${acknowledged},lag=0`,
    ),
    `master_replid:${replicationId}`,
    `master_repl_offset:${offset}`,
  ];
}

/** What a Sentinel reads from a server's INFO, a real one's too. */
export interface ServerInfo {
  readonly runId: string | undefined;
  readonly role: 'master' | 'slave';
  readonly replicas: readonly { readonly host: string; readonly port: number }[];
  readonly masterHost: string | undefined;
  readonly masterPort: number | undefined;
  readonly isLinkUp: boolean;
  readonly linkDownMs: number;
  readonly priority: number;
  readonly offset: number;
}

export function parseInfo(text: string): ServerInfo {
  const fields = new Map<string, string>();
  const replicas: { host: string; port: number }[] = [];
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1)];
    fields.set(name, value);
    const replica = /^slave\d+$/.test(name) ? /^ip=([^,]+),port=(\d+)/.exec(value) : null;
    if (replica?.[1] !== undefined) replicas.push({ host: replica[1], port: Number(replica[2]) });
  }
  const masterPort = fields.get('master_port');
  return {
    runId: fields.get('run_id'),
    role: fields.get('role') === 'slave' ? 'slave' : 'master',
    replicas,
    masterHost: fields.get('master_host'),
    masterPort: masterPort === undefined ? undefined : Number(masterPort),
    isLinkUp: fields.get('master_link_status') === 'up',
    linkDownMs: Number(fields.get('master_link_down_since_seconds') ?? 0) * 1_000,
    priority: Number(fields.get('slave_priority') ?? 100),
    offset: Number(fields.get('slave_repl_offset') ?? 0),
  };
}
