import type { Runtime } from '@failover/core';
import type { ChannelModel, SocketOptions } from 'amqplib';
import type { RabbitConfig } from '../config.ts';
import type { RabbitGateway } from '../gateway/open-gateway.ts';
import { hearUnconfirmed } from './confirm-errors.ts';
import { RelayStream } from './relay-stream.ts';
import { openModel } from './steer.ts';
import type { ConnectionWishes } from './targets.ts';

export interface ModelOptions {
  readonly config: RabbitConfig;
  readonly runtime: Runtime;
  readonly socketOptions?: SocketOptions;
  readonly wishes?: Partial<ConnectionWishes>;
}

/** A genuine amqplib connection over a gateway that is there already. It ends with the gateway. */
export async function openModelOver(gateway: RabbitGateway, options: ModelOptions): Promise<ChannelModel> {
  const { config, runtime, socketOptions = {}, wishes = {} } = options;
  const { credentials, clientProperties = {}, timeout } = socketOptions;
  const stream = new RelayStream();
  const unconfirmed = hearUnconfirmed();
  gateway.attach(stream.relaySide, { address: 'in process', ear: unconfirmed.ear }, () => undefined);
  const cancel =
    timeout === undefined
      ? undefined
      : runtime.after(timeout, () => stream.destroy(new Error('connect ETIMEDOUT')));
  try {
    const model = await openModel(stream, {
      clientProperties,
      mechanism: credentials?.mechanism ?? 'PLAIN',
      response:
        credentials?.response() ??
        Buffer.from(`\0${wishes.username ?? config.username}\0${wishes.password ?? config.password}`),
      locale: wishes.locale ?? 'en_US',
      channelMax: wishes.channelMax ?? 0,
      frameMax: wishes.frameMax ?? 131_072,
      heartbeat: wishes.heartbeat ?? null,
      maxFrameSize: wishes.maxFrameSize,
      virtualHost: wishes.vhost ?? config.vhost,
      capabilities: '',
      insist: 0,
    });
    return unconfirmed.adopt(model);
  } catch (cause) {
    stream.destroy();
    throw cause;
  } finally {
    cancel?.();
  }
}
