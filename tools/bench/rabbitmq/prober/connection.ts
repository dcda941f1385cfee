import { type EndpointId, systemRuntime } from '@failover/core';
import { type AmqpClient, connectAmqp } from '@failover/rabbitmq/testing';
import { pause } from '../../clock.ts';

/** ms; on loopback a node that lives answers long before. */
const CONNECT_LIMIT_MS = 2000;
const RETRY_MS = 50;

/** A raw connection to one node, opened again when it is gone: a stuck one is of no use to a prober. */
export interface RawConnection {
  client(): AmqpClient | undefined;
  end(): void;
}

/** Resolves when it is open for the first time. */
export async function keepConnected(
  server: string,
  onOpen: (client: AmqpClient) => void = () => undefined,
): Promise<RawConnection> {
  const runtime = systemRuntime();
  let current: AmqpClient | undefined;
  let isEnded = false;

  async function open(): Promise<void> {
    const client = await connectAmqp(runtime, server as EndpointId, { timeoutMs: CONNECT_LIMIT_MS });
    if (isEnded) {
      client.destroy();
      return;
    }
    current = client;
    onOpen(client);
    void client.closed.then(async () => {
      current = undefined;
      while (
        !isEnded &&
        !(await open().then(
          () => true,
          () => false,
        ))
      )
        await pause(RETRY_MS);
    });
  }

  await open();
  return {
    client: () => current,
    end() {
      isEnded = true;
      current?.destroy();
    },
  };
}
