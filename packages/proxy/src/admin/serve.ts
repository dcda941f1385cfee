import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { FailoverError } from '@failover/core';
import type { Hono } from 'hono';
import { showAddress, type ListenAddress } from '../listen-address.ts';

export interface AdminServer extends AsyncDisposable {
  readonly address: ListenAddress;
}

/**
 * Opens the admin port.
 * @throws FailoverError `config-invalid` if the address cannot be had
 */
export async function serveAdmin(
  app: Hono,
  listen: ListenAddress & { readonly type: 'tcp' },
): Promise<AdminServer> {
  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: Error) => {
      const text = `the admin pages cannot listen on ${showAddress(listen)}: ${cause.message}`;
      reject(new FailoverError('config-invalid', text, { cause }));
    });
    server.listen(listen.port, listen.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: { ...listen, port },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    },
  };
}
