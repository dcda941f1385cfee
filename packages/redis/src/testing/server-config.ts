import { hostOf, portOf, type EndpointId } from '@failover/core';

/** Files of a certificate that all members show each other, and are asked for. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface ServerConfigOptions {
  readonly endpoint: EndpointId;
  readonly folder: string;
  readonly replicaOf?: EndpointId | undefined;
  readonly majorVersion: number;
  readonly password?: string | undefined;
  readonly tls?: CertificateFiles | undefined;
}

/** A data server that keeps nothing on disk and links to its primary without waiting. */
export function serverConfig(options: ServerConfigOptions): string {
  const { endpoint, folder, replicaOf, majorVersion, password, tls } = options;
  return lines([
    ...listening(endpoint, tls),
    'protected-mode no',
    'daemonize no',
    `dir "${folder}"`,
    'save ""',
    'appendonly no',
    'repl-diskless-sync yes',
    'repl-diskless-sync-delay 0',
    'repl-ping-replica-period 1',
    'repl-timeout 10',
    'repl-backlog-size 8mb',
    'maxmemory 256mb',
    'maxmemory-policy noeviction',
    // Faults ask for DEBUG. Older servers allow it anyway and refuse the directive.
    majorVersion >= 7 ? 'enable-debug-command yes' : undefined,
    password === undefined ? undefined : `requirepass ${password}\nmasterauth ${password}`,
    replicaOf && `replicaof ${hostOf(replicaOf)} ${portOf(replicaOf)}`,
  ]);
}

export interface SentinelConfigOptions {
  readonly endpoint: EndpointId;
  readonly folder: string;
  readonly masters: ReadonlyMap<string, EndpointId>;
  readonly quorum: number;
  readonly downAfterMs: number;
  readonly failoverTimeoutMs: number;
  readonly password?: string | undefined;
  readonly tls?: CertificateFiles | undefined;
}

/** A Sentinel rewrites its file: a restarted one knows what it knew. */
export function sentinelConfig(options: SentinelConfigOptions): string {
  const { endpoint, folder, masters, quorum, downAfterMs, failoverTimeoutMs, password, tls } = options;
  return lines([
    ...listening(endpoint, tls),
    'protected-mode no',
    'daemonize no',
    `dir "${folder}"`,
    'sentinel resolve-hostnames no',
    'sentinel announce-hostnames no',
    ...[...masters].flatMap(([name, master]) => [
      `sentinel monitor ${name} ${hostOf(master)} ${portOf(master)} ${quorum}`,
      `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
      `sentinel failover-timeout ${name} ${failoverTimeoutMs}`,
      `sentinel parallel-syncs ${name} 1`,
      password === undefined ? undefined : `sentinel auth-pass ${name} ${password}`,
    ]),
  ]);
}

function listening(endpoint: EndpointId, tls: CertificateFiles | undefined): readonly string[] {
  const at = `bind ${hostOf(endpoint)}`;
  if (tls === undefined) return [at, `port ${portOf(endpoint)}`];
  return [
    at,
    'port 0',
    `tls-port ${portOf(endpoint)}`,
    // Also from a Sentinel to all that it knows.
    'tls-replication yes',
    'tls-auth-clients yes',
    `tls-cert-file "${tls.certificate}"`,
    `tls-key-file "${tls.key}"`,
    `tls-ca-cert-file "${tls.certificate}"`,
  ];
}

function lines(all: readonly (string | undefined)[]): string {
  return all.filter((line) => line !== undefined).join('\n') + '\n';
}
