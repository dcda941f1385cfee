import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Cluster } from '@failover/core';
import { createCluster } from '@failover/core';
import { adapter } from '../../adapter.ts';
import type { RabbitOptions } from '../../config.ts';
import { rabbitConfig } from '../../config.ts';
import type { RabbitTestbed } from '../../testing/testbed.ts';
import type { RabbitGateway } from '../open-gateway.ts';
import { openGateway } from '../open-gateway.ts';

/** A gateway on a port of loopback, over a testbed. */
export interface Served extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly gateway: RabbitGateway;
  readonly cluster: Cluster;
  /** Of all clients that came. */
  readonly sockets: readonly Socket[];
}

export async function serve(
  testbed: Pick<RabbitTestbed, 'config' | 'runtime'>,
  options: Partial<RabbitOptions> = {},
): Promise<Served> {
  const config = rabbitConfig.parse({ ...testbed.config, ...options });
  const cluster = createCluster(adapter, config, {
    runtime: testbed.runtime,
    hold: { windowMs: config.holdMs },
  });
  const gateway = openGateway(cluster, config, testbed.runtime);
  const drain = new AbortController();
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.setNoDelay(true);
    void gateway.serve(socket, { role: 'peer', address: 'a test', drain: drain.signal });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `amqp://127.0.0.1:${port}`,
    port,
    gateway,
    cluster,
    sockets,
    async [Symbol.asyncDispose]() {
      server.close();
      await gateway[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
}
