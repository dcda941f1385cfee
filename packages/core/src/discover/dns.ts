import { promises as dns } from 'node:dns';
import type { Member } from '../model/index.ts';
import { endpointOf } from '../model/index.ts';
import type { AddressSource, MemberKind } from './address-source.ts';
import type { Polling } from './polled.ts';
import { polledSource } from './polled.ts';

/** The part of a resolver that is used; node:dns by default. */
export interface Resolver {
  lookupAll(host: string): Promise<readonly string[]>;
  resolveSrv(name: string): Promise<readonly { readonly name: string; readonly port: number }[]>;
}

const systemResolver: Resolver = {
  lookupAll: async (host) => (await dns.lookup(host, { all: true })).map((found) => found.address),
  resolveSrv: (name) => dns.resolveSrv(name),
};

/** Five seconds: most resolvers cache as long or longer, and a changed address is met with a failed connect first. */
const defaultPolling: Polling = { everyMs: 5000, deadlineMs: 2000 };

export interface DnsOptions {
  readonly polling?: Polling;
  readonly resolver?: Resolver;
}

/** Every address of a name, resolved again and again (A and AAAA, /etc/hosts included). */
export function dnsSource(
  kind: MemberKind,
  host: string,
  port: number,
  options: DnsOptions = {},
): AddressSource {
  const resolver = options.resolver ?? systemResolver;
  const ask = async (): Promise<readonly Member[]> =>
    byEndpoint(
      (await resolver.lookupAll(host)).map((address) => ({ endpoint: endpointOf(address, port), kind })),
    );
  return (runtime) => polledSource(`dns:${host}:${port}`, options.polling ?? defaultPolling, ask, runtime);
}

/** Every host and port of an SRV record, for example `_sentinel._tcp.redis.example`. */
export function srvSource(kind: MemberKind, name: string, options: DnsOptions = {}): AddressSource {
  const resolver = options.resolver ?? systemResolver;
  const ask = async (): Promise<readonly Member[]> =>
    byEndpoint(
      (await resolver.resolveSrv(name)).map((record) => ({
        endpoint: endpointOf(record.name, record.port),
        kind,
      })),
    );
  return (runtime) => polledSource(`srv:${name}`, options.polling ?? defaultPolling, ask, runtime);
}

/** Resolvers rotate their answers: sorted, an answer that says the same is the same. */
function byEndpoint(members: readonly Member[]): readonly Member[] {
  return [...members].sort((a, b) => a.endpoint.localeCompare(b.endpoint));
}
