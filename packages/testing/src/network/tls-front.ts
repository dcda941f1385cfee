import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { endpointOf, hostOf, portOf, type EndpointId } from '@failover/core';
import { localhostCertificate, localhostKey } from './localhost-certificate.ts';

/** Speaks TLS in front of a server that does not, as localhost. */
export interface TlsFront extends AsyncDisposable {
  readonly endpoint: EndpointId;
}

/** `mutual`: who connects must show the certificate of localhost too. */
export async function startTlsFront(
  server: EndpointId,
  options: { readonly mutual?: boolean } = {},
): Promise<TlsFront> {
  const isMutual = options.mutual ?? false;
  const front = createServer(
    {
      cert: localhostCertificate,
      key: localhostKey,
      ca: localhostCertificate,
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
    },
    (socket) => {
      const behind = connect(portOf(server), hostOf(server));
      socket.on('error', () => behind.destroy()).on('close', () => behind.destroy());
      behind.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.pipe(behind).pipe(socket);
    },
  );
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: endpointOf('127.0.0.1', (front.address() as AddressInfo).port),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => front.close(resolve));
    },
  };
}
