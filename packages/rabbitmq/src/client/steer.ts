import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import type { ChannelModel } from 'amqplib';
import { ourCapabilities } from '../protocol/login.ts';

/** amqplib's own connection, as far as we use it. It speaks the protocol over any Duplex. */
interface AmqplibConnection {
  open(fields: OpenFields, done: (error: Error | null) => void): void;
}

/** What amqplib's `connect` makes of a URL, in its own names. */
export interface OpenFields {
  readonly clientProperties: Readonly<Record<string, unknown>>;
  readonly mechanism: string;
  readonly response: Buffer;
  readonly locale: string;
  readonly channelMax: number;
  readonly frameMax: number;
  /** Seconds; null takes the server's. */
  readonly heartbeat: number | null;
  readonly maxFrameSize?: number | undefined;
  readonly virtualHost: string;
  readonly capabilities: '';
  readonly insist: 0;
}

interface Internals {
  readonly Connection: new (stream: Duplex) => AmqplibConnection;
  readonly ChannelModel: new (connection: AmqplibConnection) => ChannelModel;
  readonly version: string;
}

/**
 * The one seam to amqplib: its Connection takes a stream, but only its own `connect` makes one, from a socket. So the
 * two classes behind `connect` are taken from the user's own amqplib, beside its main file.
 * @see docs/decisions/0007-amqplib-seam.md
 * @throws Error that names the version, if this amqplib is built otherwise
 */
function internals(): Internals {
  const load = createRequire(createRequire(import.meta.url).resolve('amqplib'));
  const { version } = load('./package.json') as { readonly version: string };
  try {
    const { Connection } = load('./lib/connection') as Pick<Internals, 'Connection'>;
    const { ChannelModel } = load('./lib/channel_model') as Pick<Internals, 'ChannelModel'>;
    if (isMethod(Connection, 'open') && isMethod(ChannelModel, 'createChannel')) {
      return { Connection, ChannelModel, version };
    }
  } catch (cause) {
    throw new Error(`amqplib ${version} is not supported: install amqplib ^2.3.1`, { cause });
  }
  throw new Error(`amqplib ${version} is not supported: install amqplib ^2.3.1`);
}

function isMethod(constructor: { readonly prototype: unknown }, name: string): boolean {
  const { prototype } = constructor;
  return (
    typeof prototype === 'object' && prototype !== null && typeof Reflect.get(prototype, name) === 'function'
  );
}

let loaded: Internals | undefined;

/** A genuine amqplib connection over `stream`. Rejects as amqplib's own `connect` does. */
export async function openModel(stream: Duplex, fields: OpenFields): Promise<ChannelModel> {
  loaded ??= internals();
  const { Connection, ChannelModel, version } = loaded;
  const connection = new Connection(stream);
  const clientProperties = {
    product: 'amqplib',
    version,
    platform: `Node.JS ${process.version}`,
    information: 'https://amqp-node.github.io/amqplib/',
    capabilities: ourCapabilities,
    ...fields.clientProperties,
  };
  await new Promise<void>((resolve, reject) => {
    connection.open({ ...fields, clientProperties }, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  return new ChannelModel(connection);
}
