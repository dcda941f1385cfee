import { encodeMethod } from '../protocol/encode.ts';
import type { Tuned } from '../protocol/login.ts';
import { highestChannel, ourCapabilities } from '../protocol/login.ts';
import type { Table } from '../protocol/table.ts';

/** What a client is told before any node was reached. Its own server properties follow those of RabbitMQ. */
export function startFrame(serverProperties: Table | undefined): Buffer {
  return encodeMethod(0, 'connection.start', {
    versionMajor: 0,
    versionMinor: 9,
    serverProperties: serverProperties ?? {
      product: 'RabbitMQ',
      version: '0.0.0',
      information: 'failover',
      capabilities: {
        ...ourCapabilities,
        consumer_priorities: true,
        per_consumer_qos: true,
        direct_reply_to: true,
      },
    },
    mechanisms: Buffer.from('PLAIN AMQPLAIN'),
    locales: Buffer.from('en_US'),
  });
}

/** Channels upstream that we keep for ourselves: for declares, and for channels that must move. */
const ownChannels = 16;

/** What a client is offered, given what the node offered us. */
export function offerTo(offered: Tuned): Tuned {
  const channelMax = highestChannel(offered);
  return {
    frameMax: offered.frameMax,
    channelMax: channelMax > 4 * ownChannels ? channelMax - ownChannels : channelMax,
    heartbeatS: offered.heartbeatS,
  };
}

/** A client's own properties, with what we can added: it hears only of what it asked for. */
export function propertiesFor(client: Table): Table {
  const own = client['capabilities'];
  const capabilities =
    typeof own === 'object' && own !== null && !Buffer.isBuffer(own) && !Array.isArray(own) ? own : {};
  return { ...client, capabilities: { ...capabilities, ...ourCapabilities } };
}

export function can(client: Table, capability: string): boolean {
  const own = client['capabilities'];
  return typeof own === 'object' && own !== null && Reflect.get(own, capability) === true;
}
