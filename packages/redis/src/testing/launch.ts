import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endpointOf, systemRuntime, withTls, type EndpointId, type Runtime } from '@failover/core';
import { freePorts, localhostCertificate, localhostKey, type Restartable } from '@failover/testing';
import type { RealServer } from './find-server.ts';
import { createHandle, type Members } from './handle.ts';
import { processMember, startMs } from './process-member.ts';
import { majorVersionOf, realServer } from './real-server.ts';
import { sentinelConfig, serverConfig } from './server-config.ts';
import {
  TestbedError,
  type RedisTestbed,
  type SentinelEvent,
  type TestbedOptions,
  type TestbedTls,
} from './testbed.ts';

export interface LaunchOptions extends TestbedOptions {
  /** By default whichever is found first. */
  readonly server?: RealServer | undefined;
  readonly runtime?: Runtime;
  /** All talk TLS alone, and ask clients and each other for the certificate of localhost. */
  readonly isSecured?: boolean;
}

const secured: TestbedTls = {
  ca: localhostCertificate,
  cert: localhostCertificate,
  key: localhostKey,
  rejectUnauthorized: true,
};

/**
 * Real servers and Sentinels on loopback, on free ports, in a temporary folder. Resolves when all agree.
 * Nothing is left behind, whatever ends this process.
 * @throws TestbedError if there is no real server on this machine, or if they do not settle
 */
export async function launchCluster(options: LaunchOptions = {}): Promise<RedisTestbed> {
  const {
    servers = 3,
    sentinels = 3,
    names = ['mymaster'],
    downAfterMs = 1_000,
    failoverTimeoutMs = 5_000,
  } = options;
  const { password } = options;
  const program = options.server ?? (await realServer());
  const tls = options.isSecured === true ? secured : undefined;
  const runtime = withTls(options.runtime ?? systemRuntime(), tls);
  const folder = await mkdtemp(join(tmpdir(), 'failover-redis-'));
  const majorVersion = majorVersionOf(program);
  const ports = await freePorts(servers * names.length + sentinels);
  const endpoints = ports.map((port) => endpointOf('127.0.0.1', port));
  const groups = new Map(names.map((name, at) => [name, endpoints.slice(at * servers, (at + 1) * servers)]));
  const witnesses = endpoints.slice(servers * names.length);

  const files =
    tls && ({ certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') } as const);
  if (files !== undefined) {
    await writeFile(files.certificate, localhostCertificate);
    await writeFile(files.key, localhostKey);
  }

  const listeners = new Set<(event: SentinelEvent) => void>();
  const processes = new Map<EndpointId, Restartable>();
  const members: Members = {
    get: (endpoint) => {
      const member = processes.get(endpoint);
      if (member === undefined) throw new TestbedError(`${endpoint} is no member of this testbed`);
      return member;
    },
    onSentinelEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      await Promise.all([...processes.values()].map((member) => member.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };

  const folderOf = (endpoint: EndpointId): string => join(folder, endpoint.replace(/\W/g, '-'));
  const configFile = (endpoint: EndpointId): string => join(folderOf(endpoint), 'server.conf');
  for (const endpoint of endpoints) {
    const isSentinel = witnesses.includes(endpoint);
    const command = isSentinel ? program.sentinelCommand : program.serverCommand;
    const args = [configFile(endpoint), ...(isSentinel ? program.sentinelArgs : [])];
    const member = processMember(runtime, endpoint, command, args, (line) => {
      const event = isSentinel ? parseSentinelLine(line) : undefined;
      if (event !== undefined)
        for (const listener of [...listeners]) listener({ sentinel: endpoint, ...event });
    });
    processes.set(endpoint, member);
  }

  async function start(endpoint: EndpointId, config: string): Promise<void> {
    await mkdir(folderOf(endpoint));
    await writeFile(configFile(endpoint), config);
    await members.get(endpoint).restart();
  }

  const handle = createHandle({
    kind: program.kind,
    version: program.version,
    how: program.how,
    runtime,
    groups,
    sentinels: witnesses,
    members,
    password,
    tls,
  });
  try {
    const masters = new Map<string, EndpointId>();
    const data: Promise<void>[] = [];
    for (const [name, group] of groups) {
      const [first] = group;
      if (first === undefined) throw new TestbedError(`${name} needs at least one server`);
      masters.set(name, first);
      for (const endpoint of group) {
        const replicaOf = endpoint === first ? undefined : first;
        data.push(
          start(
            endpoint,
            serverConfig({
              endpoint,
              folder: folderOf(endpoint),
              replicaOf,
              majorVersion,
              password,
              tls: files,
            }),
          ),
        );
      }
    }
    await Promise.all(data);
    // Sentinels find the replicas with their first question if the links stand before they start.
    await handle.linked(startMs);
    const shared = {
      masters,
      quorum: Math.floor(sentinels / 2) + 1,
      downAfterMs,
      failoverTimeoutMs,
      password,
      tls: files,
    };
    await Promise.all(
      witnesses.map((endpoint) =>
        start(endpoint, sentinelConfig({ ...shared, endpoint, folder: folderOf(endpoint) })),
      ),
    );
    await handle.settled(60_000);
    return handle;
  } catch (error) {
    await handle[Symbol.asyncDispose]();
    throw error;
  }
}

/** Real servers that replicate, without Sentinels: nobody promotes but the test itself. */
export function launchReplication(options: Omit<LaunchOptions, 'sentinels'> = {}): Promise<RedisTestbed> {
  return launchCluster({ names: ['redis'], ...options, sentinels: 0 });
}

/** `123:X 24 Nov 2026 14:47:27.123 # +elected-leader master mymaster 127.0.0.1 6379`. */
function parseSentinelLine(line: string): Omit<SentinelEvent, 'sentinel'> | undefined {
  const match = /^\d+:X .{20,32} [#*.-] ([+-][a-z][a-z-]+)\s?(.*)$/.exec(line);
  return match?.[1] === undefined ? undefined : { event: match[1], text: match[2] ?? '' };
}
