import type { Cluster, TopologyDescription } from '@failover/core';
import type { ChannelModel } from 'amqplib';
import type { RabbitOptions } from '../config.ts';
import { rabbitConfig } from '../config.ts';
import type { ClientOptions, FailoverSocketOptions } from './create-client.ts';
import { openClient } from './create-client.ts';
import type { ConnectTarget } from './targets.ts';
import { readTarget } from './targets.ts';

/** A genuine amqplib connection, and what is believed of the cluster behind it. */
export type FailoverConnection = ChannelModel &
  Pick<Cluster, 'topology$' | 'events$'> & {
    readonly topology: TopologyDescription;
    readonly counters: Readonly<Record<string, number>>;
  };

/**
 * As amqplib's `connect`, with promises. It, its channels and its consumers outlive the node behind them. Several
 * connections share what is known of the cluster if they come from one `createClient`.
 * @throws ConfigError if the target or an option is wrong; what amqplib throws if nobody lets us in
 */
export async function connect(
  target?: ConnectTarget,
  socketOptions: FailoverSocketOptions = {},
  options: ClientOptions = {},
): Promise<FailoverConnection> {
  const { options: written, wishes } = readTarget(target);
  const config = rabbitConfig.parse(withTls(written, socketOptions));
  const isOwn = typeof target === 'object' && 'servers' in target;
  const client = openClient(config, options, isOwn ? {} : wishes);
  let model: ChannelModel;
  try {
    model = await client.connect(socketOptions);
  } catch (cause) {
    await client.close();
    throw cause;
  }
  model.once('close', () => void client.close());
  return Object.defineProperties(model, {
    topology$: { value: client.topology$ },
    events$: { value: client.events$ },
    topology: { get: () => client.topology },
    counters: { get: () => client.counters },
  }) as FailoverConnection;
}

/** amqplib takes certificates among its socket options. */
function withTls(options: RabbitOptions, socketOptions: FailoverSocketOptions): RabbitOptions {
  if (options.tls !== true) return options;
  const { ca, cert, key, passphrase, servername, rejectUnauthorized } = socketOptions as Readonly<
    Record<string, unknown>
  >;
  const given = Object.entries({ ca, cert, key, passphrase, servername, rejectUnauthorized });
  const tls = Object.fromEntries(
    given
      .filter(([, value]) => value !== undefined)
      // Node takes lists too; several authorities in PEM are one after the other.
      .map(([name, value]) => [name, Array.isArray(value) ? value.map(String).join('\n') : value]),
  );
  return { ...options, tls };
}
