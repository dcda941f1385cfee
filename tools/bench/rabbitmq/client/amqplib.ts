import { connect } from 'amqplib';
import type { Messenger, Wish } from './messenger.ts';
import { openOnModel } from './on-model.ts';

/** amqplib as it comes, and nothing that would connect again. */
export async function amqplibMessenger(url: string, wish: Wish): Promise<Messenger> {
  const model = await connect(url, { clientProperties: { connection_name: wish.name } });
  const { publish } = await openOnModel(model, wish);
  return { publish, close: () => model.close() };
}
