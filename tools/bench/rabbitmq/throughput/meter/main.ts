import { createClient } from '@failover/rabbitmq';
import { type ChannelModel, connect } from 'amqplib';
import { dieWithParent, toParent } from '../../../process/module.ts';
import { type Filler, openFiller } from './filler.ts';
import { openLoop } from './open-loop.ts';
import type { MeterNews, MeterOrder, MeterSettings } from './orders.ts';
import { consumeSlice, publishSlice } from './slice.ts';

const tell = (news: MeterNews): Promise<void> => toParent(news);

function open({ spec, name }: MeterSettings): Promise<ChannelModel> {
  const socketOptions = { clientProperties: { connection_name: name } };
  switch (spec.type) {
    case 'amqplib':
      return connect(spec.url, socketOptions);
    case 'failover':
      return createClient(spec.config).connect(socketOptions);
  }
}

dieWithParent();
const model = await open(JSON.parse(process.argv[2] ?? '{}') as MeterSettings);
const fail = (error: unknown): void =>
  void tell({
    type: 'failed',
    reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
model.on('error', fail);
const publisher = await model.createConfirmChannel();
publisher.on('error', fail);
const fillers = new Map<string, Promise<Filler>>();

function fillerOf(server: string): Promise<Filler> {
  const known = fillers.get(server);
  if (known !== undefined) return known;
  const opening = openFiller(server);
  fillers.set(server, opening);
  return opening;
}

async function obey({ place, ...order }: MeterOrder): Promise<void> {
  const filler = await fillerOf(place.server);
  if (order.type === 'openLoop') {
    const found = await openLoop(publisher, place.queue, order.load);
    await filler.purge(place.queue);
    return tell({ type: 'latencies', ...found });
  }
  const { slice } = order;
  if (slice.type === 'publish') {
    const found = await publishSlice(publisher, place.queue, slice);
    await filler.purge(place.queue);
    return tell({ type: 'sliced', ...found });
  }
  await filler.fill(place.queue, slice.messages, slice.bodyBytes);
  return tell({ type: 'sliced', ...(await consumeSlice(model, place.queue, slice)) });
}

process.on('message', (order: MeterOrder) => {
  obey(order).catch(fail);
});
await tell({ type: 'opened' });
