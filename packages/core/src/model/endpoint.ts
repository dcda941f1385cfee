declare const brand: unique symbol;

/** `host:port`, parsed once at the edge. IPv6 hosts keep their brackets: `[::1]:6379`. */
export type EndpointId = string & { readonly [brand]: 'EndpointId' };

/**
 * Reads `host:port`; a bare host takes `defaultPort`.
 * @throws TypeError that names the text, if there is no host or no usable port.
 * @example endpoint('127.0.0.1:6379') // '127.0.0.1:6379'
 */
export function endpoint(text: string, defaultPort?: number): EndpointId {
  const match = /^(\[[0-9a-fA-F:.%]+\]|[^\s:[\]]+)(?::(\d{1,5}))?$/.exec(text.trim());
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (match?.[1] === undefined || port === undefined || port < 1 || port > 65535) {
    throw new TypeError(`"${text}" is not an address: write host:port, for example 127.0.0.1:6379`);
  }
  return `${match[1]}:${port}` as EndpointId;
}

/** The endpoint of a host (IPv6 with or without brackets) and a port. */
export function endpointOf(host: string, port: number): EndpointId {
  return endpoint(`${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`);
}

/** Host without brackets, as `net.connect` wants it. */
export function hostOf(id: EndpointId): string {
  const host = id.slice(0, id.lastIndexOf(':'));
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

export function portOf(id: EndpointId): number {
  return Number(id.slice(id.lastIndexOf(':') + 1));
}
