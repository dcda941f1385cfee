import { setImmediate as turn } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import type { EndpointId, GatewaySession, Runtime } from '@failover/core';
import { endpoint, systemRuntime, targetId } from '@failover/core';
import { classify } from '../../classify.ts';
import type { RedisOptions } from '../../config.ts';
import { redisConfig } from '../../config.ts';
import type { GatewayOptions } from '../open-gateway.ts';
import { openGateway } from '../open-gateway.ts';
import { duplexPair } from './duplex-pair.ts';
import type { HandMadeCluster } from './hand-made-cluster.ts';
import { handMadeCluster } from './hand-made-cluster.ts';
import type { Handler, ScriptedServer } from './scripted-server.ts';
import { scriptedNetwork } from './scripted-network.ts';
import { scriptedServer } from './scripted-server.ts';

export interface TestClient {
  readonly socket: Duplex;
  /** All that it was sent. */
  readonly text: string;
  send(...commands: readonly (string | readonly string[])[]): void;
  write(bytes: string | Buffer): void;
  /** Resolves once as much was received. */
  receives(text: string): Promise<void>;
  readonly isOpen: boolean;
}

export interface BenchTop extends AsyncDisposable {
  readonly cluster: HandMadeCluster;
  readonly gateway: GatewaySession;
  readonly servers: ReadonlyMap<EndpointId, ScriptedServer>;
  readonly a: ScriptedServer;
  readonly b: ScriptedServer;
  readonly first: EndpointId;
  readonly second: EndpointId;
  connect(role?: string): TestClient;
  readonly drain: AbortController;
}

export const command = (...words: readonly string[]): string =>
  `*${words.length}\r\n${words.map(bulk).join('')}`;

/** A gateway over scripted servers, all in memory, with a lease on the first. */
export function benchTop(
  handler: Handler,
  options: GatewayOptions & {
    readonly config?: Partial<RedisOptions>;
    readonly role?: 'primary' | 'replica';
  } = {},
): BenchTop {
  const [first, second] = [endpoint('127.0.0.1:7001'), endpoint('127.0.0.1:7002')];
  // The third is for who loses its server twice.
  const endpoints = [first, second, endpoint('127.0.0.1:7003')];
  const servers = new Map(endpoints.map((each) => [each, scriptedServer(handler)]));
  const runtime: Runtime = { ...systemRuntime(), ...scriptedNetwork(servers) };
  const cluster = handMadeCluster(targetId('redis', options.role ?? 'primary'), runtime);
  cluster.grant(first);
  const config = redisConfig.parse({ servers: [first, second], ...options.config });
  const gateway = openGateway({ classify }, cluster, config, runtime, options);
  const drain = new AbortController();
  const [a, b] = [...servers.values()];
  if (a === undefined || b === undefined) throw new Error('two servers');

  return {
    cluster,
    gateway,
    servers,
    a,
    b,
    first,
    second,
    drain,
    connect: (role = options.role ?? 'primary') => testClient(gateway, role, drain.signal),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
    },
  };
}

/** A client in memory. */
export function testClient(
  gateway: GatewaySession,
  role: string,
  drain: AbortSignal,
  address = '127.0.0.1:50000',
): TestClient {
  const [near, far] = duplexPair();
  void gateway.serve(far, {
    role,
    address,
    reachedAt: endpoint('127.0.0.1:6379'),
    drain,
  });
  let text = '';
  let wake = (): void => undefined;
  near.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    wake();
  });
  near.on('error', () => undefined);
  near.on('close', () => {
    wake();
  });
  return {
    socket: near,
    get text() {
      return text;
    },
    get isOpen() {
      return !near.destroyed;
    },
    send(...commands) {
      near.write(
        commands
          .map((each) => (typeof each === 'string' ? command(...each.split(' ')) : command(...each)))
          .join(''),
      );
    },
    write: (bytes) => void near.write(bytes),
    async receives(expected) {
      while (!text.startsWith(expected)) {
        if (text.length >= expected.length || near.destroyed) {
          throw new Error(`received ${JSON.stringify(text)} instead of ${JSON.stringify(expected)}`);
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

export const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

/** The first server is gone with its connections, and the second one is its successor. */
export async function failOver(top: BenchTop): Promise<void> {
  top.cluster.doubt();
  for (const connection of top.a.connections) connection.close();
  await turn();
  await turn();
  top.cluster.grant(top.second);
}

/** What one of the servers was asked, a line for each command. */
export const names = (top: BenchTop, which: 'a' | 'b'): string[] =>
  top[which].received.map((args) => args.join(' '));

/** Turns of the event loop until it is so: in memory nothing takes longer. */
export async function until(condition: () => boolean): Promise<void> {
  const limit = performance.now() + 3000;
  while (!condition()) {
    if (performance.now() > limit) throw new Error('it did not come to that');
    await turn();
  }
}
