import type { EndpointId } from '../model/index.ts';
import { endpoint, hostOf, portOf } from '../model/index.ts';
import type { AddressSource } from './address-source.ts';
import { dnsSource, srvSource } from './dns.ts';
import { staticSource } from './static.ts';
import { watchedFileSource } from './watched-file.ts';

/** Where to begin: an address, or a place that lists addresses and may list others later. */
export type Seed =
  | { readonly type: 'address'; readonly endpoint: EndpointId }
  /** Every address of a name. */
  | { readonly type: 'dns'; readonly host: string; readonly port: number }
  | { readonly type: 'srv'; readonly name: string }
  /** One `host:port` a line. */
  | { readonly type: 'file'; readonly path: string };

/**
 * Reads `host:port`, `dns:host:port`, `srv:_name._tcp.domain` or `file:/path`. A host of the name `dns` is still
 * a host: `dns:6379`.
 * @throws TypeError if it is none of these
 */
export function seed(text: string, defaultPort: number): Seed {
  const [, kind, rest = ''] = /^(dns|srv|file):(?!\d+$)(.+)$/.exec(text.trim()) ?? [];
  switch (kind) {
    case 'dns': {
      const found = endpoint(rest, defaultPort);
      return { type: 'dns', host: hostOf(found), port: portOf(found) };
    }
    case 'srv':
      return { type: 'srv', name: rest };
    case 'file':
      return { type: 'file', path: rest };
    default:
      return { type: 'address', endpoint: endpoint(text, defaultPort) };
  }
}

/** One source for all plain addresses and one for each place: each speaks only for itself. */
export function sourcesOf(seeds: readonly Seed[], kind: 'data' | 'witness'): readonly AddressSource[] {
  const addresses = seeds.flatMap((each) => (each.type === 'address' ? [each.endpoint] : []));
  const places = seeds.flatMap((each): readonly AddressSource[] => {
    switch (each.type) {
      case 'address':
        return [];
      case 'dns':
        return [dnsSource(kind, each.host, each.port)];
      case 'srv':
        return [srvSource(kind, each.name)];
      case 'file':
        return [watchedFileSource(kind, each.path)];
    }
  });
  // Each kind is a list of its own: a source that lists anew drops what it does not list.
  const source = kind === 'data' ? 'config' : 'config of witnesses';
  return addresses.length === 0 ? places : [staticSource(source, kind, addresses), ...places];
}
