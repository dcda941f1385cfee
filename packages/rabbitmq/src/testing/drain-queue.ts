import type { AmqpClient } from './amqp-client.ts';
import { AmqpEndError } from './amqp-end.ts';
import { copyOf, type Copy } from './copies.ts';

/** Messages asked for at a time. */
const atOnce = 64;

/** Takes all that is in a queue and in nobody's hands, first in first out. Nothing if there is no such queue. */
export async function drainQueue(client: AmqpClient, queue: string): Promise<readonly Copy[]> {
  const channel = await client.openChannel();
  const copies: Copy[] = [];
  try {
    for (;;) {
      const asked = Array.from({ length: atOnce }, () => channel.get(queue, true));
      const answers = await Promise.all(asked);
      const taken = answers.filter((answer) => answer !== undefined);
      copies.push(...taken.map(copyOf));
      if (taken.length < atOnce) break;
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  await channel.close();
  return copies;
}

function isNotFound(error: unknown): boolean {
  return error instanceof AmqpEndError && error.end.type === 'closedByServer' && error.end.replyCode === 404;
}
