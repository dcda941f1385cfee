import { channelAt, frameType } from '../../protocol/frame.ts';
import { encodeMethod } from '../../protocol/encode.ts';
import { decodeMethod } from '../../protocol/decode.ts';
import { createChannel, type Channel } from './channel.ts';
import type { ConnectionContext } from './connection-context.ts';
import { createContentIntake, type ContentIntake } from './content-intake.ts';
import { channelError, notAllowed } from './problem.ts';

/** The open channels of a connection. */
export interface ChannelTable {
  readonly isAnyBlocked: boolean;
  /** @throws AmqpProblem if the frame has no place */
  take(bytes: Buffer, from: number, to: number): void;
  /** The client reads again. */
  dispatch(): void;
  end(): void;
}

export function createChannelTable(connection: ConnectionContext, channelMax: number): ChannelTable {
  const channels = new Map<number, { readonly channel: Channel; readonly intake: ContentIntake }>();

  function open(number: number): void {
    if (channels.size >= channelMax) {
      throw notAllowed(
        `number of channels opened (${channels.size}) has reached the negotiated channel_max (${channelMax})`,
      );
    }
    const channel = createChannel(number, connection, () => channels.delete(number));
    channels.set(number, { channel, intake: createContentIntake() });
    connection.send(encodeMethod(number, 'channel.open-ok', {}));
  }

  return {
    get isAnyBlocked() {
      return [...channels.values()].some(({ channel }) => channel.isBlocked);
    },
    take(bytes, from, to) {
      const number = channelAt(bytes, from);
      const known = channels.get(number);
      if (known === undefined) {
        const incoming =
          bytes[from] === frameType.method ? { method: decodeMethod(bytes, from, to) } : undefined;
        const name = incoming?.method.name;
        if (name !== 'channel.open') throw channelError("expected 'channel.open'", name);
        open(number);
        return;
      }
      const incoming = known.intake.take(bytes, from, to);
      if (incoming === undefined) return;
      const { name } = incoming.method;
      if (name === 'channel.open') throw channelError("second 'channel.open' seen", name);
      known.channel.receive(incoming);
    },
    dispatch() {
      for (const queue of connection.vhost.queues.values()) queue.dispatch();
    },
    end() {
      for (const { channel } of [...channels.values()]) channel.end();
      channels.clear();
    },
  };
}
