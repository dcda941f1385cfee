import type { Duplex } from 'node:stream';
import { type ChannelModel, connect } from 'amqplib';
import { now, pause } from '../../clock.ts';
import { type Messenger, NotConnectedError, type Wish } from './messenger.ts';
import { type ModelChannels, openOnModel } from './on-model.ts';

/** ms between two tries to connect, the first of which is at once. */
const RETRY_MS = 100;
/** ms; a stopped node accepts and says nothing. */
const CONNECT_LIMIT_MS = 2000;
/** Seconds; as short as the most eager of its peers has it. */
const HEARTBEAT_S = 5;

/**
 * What careful teams write around amqplib behind a load balancer: connect again at once, then often; declare, consume
 * and publish again. What was published meanwhile is refused, what was not confirmed is told.
 */
export async function reconnectingMessenger(url: string, wish: Wish): Promise<Messenger> {
  let current: { readonly model: ChannelModel; readonly channels: ModelChannels } | undefined;
  let isClosing = false;

  async function open(): Promise<void> {
    const model = await connect(`${url}?heartbeat=${HEARTBEAT_S}`, {
      timeout: CONNECT_LIMIT_MS,
      clientProperties: { connection_name: wish.name },
    });
    let isOpen = false;
    let isLost = false;
    const lost = (reason: unknown): void => {
      if (isLost) return;
      isLost = true;
      if (!isOpen || isClosing) return;
      current = undefined;
      wish.onClosed(reason);
      // It may be one channel that was closed: all is opened anew.
      model.close().catch(() => undefined);
      void reopen();
    };
    const cut = setTimeout(() => {
      (model.connection as unknown as { readonly stream: Duplex }).stream.destroy();
    }, CONNECT_LIMIT_MS);
    try {
      const channels = await openOnModel(model, { ...wish, onClosed: lost });
      if (isLost) throw new NotConnectedError('lost while it was set up');
      isOpen = true;
      current = { model, channels };
    } catch (error) {
      model.close().catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(cut);
    }
  }

  async function reopen(): Promise<void> {
    while (!isClosing && current === undefined) {
      const startedAt = now();
      if (
        await open().then(
          () => true,
          () => false,
        )
      )
        return;
      await pause(startedAt + RETRY_MS - now());
    }
  }

  await open();
  return {
    async publish(text) {
      if (current === undefined) throw new NotConnectedError('not connected');
      await current.channels.publish(text);
    },
    async close() {
      isClosing = true;
      await current?.model.close();
    },
  };
}
