import { isIPv4 } from 'node:net';

export type ListenAddress =
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }
  | { readonly type: 'unix'; readonly path: string };

/**
 * Reads `6379`, `127.0.0.1:6379`, `[::1]:6379` or the path of a unix socket; `undefined` if it is none.
 * Port 0 lets the system choose; the log says what it chose.
 * @example parseListenAddress('6379') // { type: 'tcp', host: '127.0.0.1', port: 6379 }
 */
export function parseListenAddress(text: string | number): ListenAddress | undefined {
  const trimmed = String(text).trim();
  if (trimmed.startsWith('/') || trimmed.startsWith('./')) return { type: 'unix', path: trimmed };
  const match = /^(?:(\[[0-9a-fA-F:.%]+\]|[^\s:[\]/]+):)?(\d{1,5})$/.exec(trimmed);
  if (match === null) return undefined;
  const port = Number(match[2]);
  if (port > 65535) return undefined;
  // `localhost` may resolve to ::1 alone; a port on 127.0.0.1 is what people mean by it.
  const host = match[1] === undefined || match[1] === 'localhost' ? '127.0.0.1' : match[1];
  return { type: 'tcp', host: host.replace(/^\[|\]$/g, ''), port };
}

/** Can only this machine reach it? */
export function isLocal(address: ListenAddress): boolean {
  if (address.type === 'unix') return true;
  return isLoopbackHost(address.host);
}

/** @example isLoopbackHost('127.8.0.1') // true */
export function isLoopbackHost(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIPv4(host) && host.startsWith('127.');
}

/** @example showAddress({ type: 'tcp', host: '::1', port: 6379 }) // '[::1]:6379' */
export function showAddress(address: ListenAddress): string {
  if (address.type === 'unix') return address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
