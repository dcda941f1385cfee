import type { AmqpClient } from '@failover/rabbitmq/testing';
import { now } from '../../clock.ts';
import { writePayload } from '../payload.ts';
import type { RawConnection } from './connection.ts';
import type { Sighting } from './orders.ts';

/** ms; if not even a channel is opened by then, the connection is stuck and another one is opened. */
const CHANNEL_LIMIT_MS = 1000;
/** ms; what waits for a leader longer is given up, since newer tries are under way. */
const CONFIRM_LIMIT_MS = 500;

let count = 0;

/**
 * One try: a new channel, one message, its confirm. A channel that was opened before an election may keep to the old
 * leader; a new one asks who leads now.
 */
export async function tryPublish(
  connection: RawConnection,
  server: string,
  queue: string,
  onConfirm: (sighting: Sighting) => void,
): Promise<void> {
  const client = connection.client();
  if (client === undefined) return;
  try {
    await publishOn(client, server, queue, onConfirm);
  } catch {
    // What a fault does to a try is the measurement.
  }
}

async function publishOn(
  client: AmqpClient,
  server: string,
  queue: string,
  onConfirm: (sighting: Sighting) => void,
): Promise<void> {
  const channel = await client.openChannel(CHANNEL_LIMIT_MS);
  try {
    await channel.rpc('confirm.select');
    const publishedAt = now();
    count += 1;
    const body = writePayload({ by: 'prober', id: String(count), at: publishedAt });
    const said = await channel.publish({ routingKey: queue, body }, CONFIRM_LIMIT_MS);
    if (said === 'ack') onConfirm({ server, publishedAt, at: now() });
  } finally {
    await channel.close();
  }
}
