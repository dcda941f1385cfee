import type { EndpointId, Runtime } from '@failover/core';
import type { Method } from '../protocol/methods.ts';
import type { Table } from '../protocol/table.ts';
import { openChannel, type AmqpChannel } from './amqp-channel.ts';
import { AmqpEndError, type AmqpEnd } from './amqp-end.ts';
import { openLink } from './amqp-link.ts';

export interface AmqpOptions {
  /** For all of the handshake, and by default for every later wait. Default 5000. */
  readonly timeoutMs?: number;
  readonly username?: string;
  readonly password?: string;
  readonly vhost?: string;
}

/** A plain client: one connection, never opened again, nothing sent twice, no wait without an end. */
export interface AmqpClient {
  readonly endpoint: EndpointId;
  readonly serverProperties: Table;
  /** @throws AmqpEndError */
  openChannel(timeoutMs?: number): Promise<AmqpChannel>;
  /** Why the server blocks publishers; `undefined` while it does not. */
  readonly blockedBy: string | undefined;
  /** Calls back with that reason at each change; returns how to stop it. */
  onBlocked(listener: (reason: string | undefined) => void): () => void;
  readonly isClosed: boolean;
  /** Resolves once, never rejects. */
  readonly closed: Promise<AmqpEnd>;
  /** Says goodbye and waits for the answer, for so long. Never rejects. */
  close(timeoutMs?: number): Promise<void>;
  /** Without goodbye. */
  destroy(): void;
}

const defaultTimeoutMs = 5_000;
const capabilities: Table = {
  publisher_confirms: true,
  exchange_exchange_bindings: true,
  consumer_cancel_notify: true,
  'basic.nack': true,
  'connection.blocked': true,
  authentication_failure_close: true,
};

/**
 * Opens a connection, as far as `connection.open-ok`. It asks for no heartbeats.
 * @throws AmqpEndError if that is refused, or not done in time
 */
export function connectAmqp(
  runtime: Runtime,
  endpoint: EndpointId,
  options: AmqpOptions = {},
): Promise<AmqpClient> {
  const { username = 'guest', password = 'guest', vhost = '/', timeoutMs = defaultTimeoutMs } = options;
  const link = openLink(runtime, endpoint, onMethod);
  const listeners = new Set<(reason: string | undefined) => void>();
  let serverProperties: Table = {};
  let blockedBy: string | undefined;
  let channelMax = 2_047;
  let lastChannel = 0;
  let waitsFor = 'connection.start';
  let tellOpen: () => void = () => undefined;

  function block(reason: string | undefined): void {
    blockedBy = reason;
    for (const listener of [...listeners]) listener(reason);
  }

  function onMethod(method: Method): void {
    switch (method.name) {
      case 'connection.start':
        serverProperties = method.serverProperties;
        waitsFor = 'connection.tune';
        return link.send(0, 'connection.start-ok', {
          clientProperties: { product: 'failover testing', capabilities },
          mechanism: 'PLAIN',
          response: Buffer.from(`\0${username}\0${password}`),
          locale: 'en_US',
        });
      case 'connection.tune':
        if (method.frameMax > 0) link.frameMax = Math.min(link.frameMax, method.frameMax);
        if (method.channelMax > 0) channelMax = method.channelMax;
        waitsFor = 'connection.open-ok';
        link.send(0, 'connection.tune-ok', { channelMax, frameMax: link.frameMax, heartbeat: 0 });
        return link.send(0, 'connection.open', { virtualHost: vhost });
      case 'connection.open-ok':
        return tellOpen();
      case 'connection.close': {
        const { replyCode, replyText } = method;
        link.send(0, 'connection.close-ok', {});
        return link.end({ type: 'closedByServer', replyCode, replyText });
      }
      case 'connection.close-ok':
        return link.end({ type: 'closedByUs' });
      case 'connection.blocked':
        return block(method.reason);
      case 'connection.unblocked':
        return block(undefined);
      default:
        return link.end({ type: 'lost', reason: `${method.name} on channel 0` });
    }
  }

  const client: AmqpClient = {
    endpoint,
    get serverProperties() {
      return serverProperties;
    },
    openChannel(ms = timeoutMs) {
      do lastChannel = (lastChannel % channelMax) + 1;
      while (link.sinks.has(lastChannel));
      return openChannel({ runtime, endpoint, link, id: lastChannel, timeoutMs: ms });
    },
    get blockedBy() {
      return blockedBy;
    },
    onBlocked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get isClosed() {
      return link.ended !== undefined;
    },
    closed: link.closed,
    async close(ms = 1_000) {
      if (link.ended !== undefined) return;
      const cancel = runtime.after(ms, () => link.end({ type: 'closedByUs' }));
      link.send(0, 'connection.close', { replyCode: 200, replyText: 'Goodbye', classId: 0, methodId: 0 });
      await link.closed;
      cancel();
    },
    destroy: () => link.end({ type: 'closedByUs' }),
  };

  return new Promise((resolve, reject) => {
    const cancel = runtime.after(timeoutMs, () => link.end({ type: 'timedOut', waitedFor: waitsFor }));
    tellOpen = () => {
      cancel();
      resolve(client);
    };
    void link.closed.then((why) => {
      cancel();
      reject(new AmqpEndError(endpoint, why));
    });
  });
}
