import { connect } from 'node:tls';
import { hostOf } from '../model/index.ts';
import type { Runtime } from './runtime.ts';

/** What `tls.connect` takes. */
export interface TlsOptions {
  readonly ca?: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  readonly passphrase?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

/**
 * The runtime with connections over TLS, if there are options for it. A TLS socket takes what is written before its
 * handshake is done, and a caller's deadline runs until the other side speaks its protocol: a server that hangs in the
 * handshake holds nobody.
 */
export function withTls(runtime: Runtime, tls: TlsOptions | undefined): Runtime {
  if (tls === undefined) return runtime;
  return {
    ...runtime,
    connect(endpoint) {
      const host = hostOf(endpoint);
      const isName = /[a-z]/i.test(host) && !host.includes(':');
      return connect({
        ...(isName ? { servername: host } : {}),
        ...(tls as object),
        socket: runtime.connect(endpoint),
      });
    },
  };
}
