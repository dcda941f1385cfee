import { configError } from '@failover/core';
import type { Options } from 'amqplib';
import type { RabbitOptions } from '../config.ts';

/** Where to connect: amqplib's own forms, a list of URLs, or the options of this package. */
export type ConnectTarget = string | readonly string[] | Options.Connect | RabbitOptions;

/** What of a target is the connection's own, and not the cluster's. */
export interface ConnectionWishes {
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
  readonly channelMax: number;
  readonly frameMax: number;
  readonly heartbeat: number | null;
  readonly maxFrameSize?: number;
  readonly locale: string;
}

export interface ReadTarget {
  readonly options: RabbitOptions;
  readonly wishes: ConnectionWishes;
}

const defaults: ConnectionWishes = {
  username: 'guest',
  password: 'guest',
  vhost: '/',
  channelMax: 0,
  frameMax: 131_072,
  heartbeat: null,
  locale: 'en_US',
};

/**
 * Reads a target. Several URLs name nodes of one cluster: who to be, and where, stands in the first.
 * @throws ConfigError with field, value and fix
 */
export function readTarget(target: ConnectTarget = 'amqp://localhost'): ReadTarget {
  if (typeof target === 'string') return readUrls(splitHosts(target));
  if (isList(target)) return readUrls(target.flatMap(splitHosts));
  if ('servers' in target) return readOptions(target);
  return readObject(target);
}

const isList = (target: Exclude<ConnectTarget, string>): target is readonly string[] => Array.isArray(target);

/** `amqp://user@a,b:5673/vhost` names two nodes. */
function splitHosts(text: string): readonly string[] {
  const match = /^(amqps?:\/\/(?:[^@/]*@)?)([^/?]*,[^/?]*)(.*)$/.exec(text);
  if (match === null) return [text];
  const [, head = '', hosts = '', tail = ''] = match;
  return hosts.split(',').map((host) => `${head}${host.trim()}${tail}`);
}

function readUrls(texts: readonly string[]): ReadTarget {
  const urls = texts.map((text, at) => readUrl(text, texts.length === 1 ? 'url' : `url.${at}`));
  const [first] = urls;
  if (first === undefined)
    throw configError('url', [], 'is empty', 'name at least one node, for example amqp://localhost');
  const query = first.searchParams;
  const number = (name: string, fallback: number): number => {
    const written = query.get(name);
    if (written === null) return fallback;
    if (/^\d+$/.test(written)) return Number(written);
    throw configError(`url ${name}`, written, 'is not a number', 'write a whole number');
  };
  const hasUser = first.username !== '' || first.password !== '';
  const wishes: ConnectionWishes = {
    username: hasUser ? decodeURIComponent(first.username) : defaults.username,
    password: hasUser ? decodeURIComponent(first.password) : defaults.password,
    vhost: first.pathname.length > 1 ? decodeURIComponent(first.pathname.slice(1)) : defaults.vhost,
    channelMax: number('channelMax', defaults.channelMax),
    frameMax: number('frameMax', defaults.frameMax),
    heartbeat: query.has('heartbeat') ? number('heartbeat', 0) : null,
    locale: query.get('locale') ?? defaults.locale,
    ...(query.has('maxFrameSize') ? { maxFrameSize: number('maxFrameSize', 0) } : {}),
  };
  const isTls = first.protocol === 'amqps:';
  const servers = urls.map((url) => `${url.hostname}:${url.port === '' ? defaultPort(isTls) : url.port}`);
  return { options: optionsOf(servers, wishes, isTls), wishes };
}

function readUrl(text: string, field: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw configError(field, redacted(text), 'is not a URL', 'write amqp://user:password@host:5672/vhost');
  }
  if (url.protocol !== 'amqp:' && url.protocol !== 'amqps:') {
    throw configError(
      field,
      url.protocol,
      'is not a protocol that is spoken here',
      'write amqp:// or amqps://',
    );
  }
  return url;
}

function redacted(text: string): string {
  return text.replace(/\/\/[^@/]*@/, '//(secret)@');
}

function readObject(target: Options.Connect): ReadTarget {
  const { hostname = 'localhost', port, protocol = 'amqp' } = target;
  if (protocol !== 'amqp' && protocol !== 'amqps') {
    throw configError('protocol', protocol, 'is not spoken here', 'write amqp or amqps');
  }
  const hasUser = target.username !== undefined || target.password !== undefined;
  const wishes: ConnectionWishes = {
    username: hasUser ? (target.username ?? '') : defaults.username,
    password: hasUser ? (target.password ?? '') : defaults.password,
    vhost: target.vhost ?? defaults.vhost,
    channelMax: target.channelMax ?? defaults.channelMax,
    frameMax: target.frameMax ?? defaults.frameMax,
    heartbeat: target.heartbeat ?? null,
    locale: target.locale ?? defaults.locale,
  };
  const host = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
  const isTls = protocol === 'amqps';
  return { options: optionsOf([`${host}:${port ?? defaultPort(isTls)}`], wishes, isTls), wishes };
}

function readOptions(options: RabbitOptions): ReadTarget {
  const wishes = {
    ...defaults,
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.vhost === undefined ? {} : { vhost: options.vhost }),
  };
  return { options, wishes };
}

function defaultPort(isTls: boolean): number {
  return isTls ? 5671 : 5672;
}

function optionsOf(
  servers: readonly string[],
  { username, password, vhost }: ConnectionWishes,
  isTls: boolean,
): RabbitOptions {
  return { servers, username, password, vhost, ...(isTls ? { tls: true } : {}) };
}
