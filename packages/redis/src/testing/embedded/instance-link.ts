import type { EndpointId, Ms, Runtime } from '@failover/core';
import type { CommandArgument } from '../../protocol/encode.ts';
import { itemsOf, textOf, type RespValue } from '../../protocol/value.ts';
import { connectResp, type RespClient } from '../resp-client.ts';
import { helloChannel } from './hello.ts';

/** A Sentinel's connections to one server or Sentinel. */
export interface InstanceLink {
  /** Both connections were begun and none is known to be lost. */
  readonly isConnected: boolean;
  readonly connectedAt: Ms;
  /** When the PING that is not yet answered was sent; `undefined` if none waits. */
  readonly pingWaitsSince: Ms | undefined;
  readonly pingedAt: Ms;
  readonly pongedAt: Ms;
  /** The last answer that means: it works. */
  readonly availableAt: Ms;
  readonly pending: number;
  /** Connects again, at most once a second. */
  reconnect(): void;
  ping(): void;
  /** The answer goes to `onReply`; nothing is called if the connection ends first. */
  send(command: readonly CommandArgument[], onReply?: (value: RespValue) => void): void;
  close(): void;
}

export interface InstanceLinkOptions {
  readonly runtime: Runtime;
  readonly address: EndpointId;
  readonly password: string | undefined;
  readonly name: string;
  /** Servers only: hellos that arrive by publication. */
  readonly onHello: ((text: string) => void) | undefined;
}

/** ms, as `SENTINEL_PING_PERIOD`. */
const retryMs = 1_000;
/** ms: Sentinel gives up a link by its own rules, never by a missing reply. */
const replyMs = 3_600_000;

export function createInstanceLink(options: InstanceLinkOptions): InstanceLink {
  const { runtime, address, password, onHello } = options;
  const createdAt = runtime.now();
  let commands: RespClient | undefined;
  let hellos: RespClient | undefined;
  let triedAt = -retryMs;
  let connectedAt = 0;
  let pingWaitsSince: Ms | undefined = createdAt;
  let pingedAt = 0;
  let pongedAt = createdAt;
  let availableAt = createdAt;
  let pending = 0;

  function open(): RespClient {
    const client = connectResp(runtime, address);
    if (password !== undefined) client.send(['AUTH', password], replyMs).catch(() => undefined);
    void client.closed.then(() => {
      if (client === commands) {
        commands = undefined;
        pending = 0;
      } else if (client === hellos) hellos = undefined;
    });
    return client;
  }

  function ponged(value: RespValue): void {
    pongedAt = runtime.now();
    const text = value.type === 'error' ? value.text : textOf(value);
    if (text === undefined || !/^(PONG|LOADING|MASTERDOWN)/.test(text)) return;
    availableAt = runtime.now();
    pingWaitsSince = undefined;
  }

  const link: InstanceLink = {
    get isConnected() {
      return commands !== undefined && (onHello === undefined || hellos !== undefined);
    },
    get connectedAt() {
      return connectedAt;
    },
    get pingWaitsSince() {
      return pingWaitsSince;
    },
    get pingedAt() {
      return pingedAt;
    },
    get pongedAt() {
      return pongedAt;
    },
    get availableAt() {
      return availableAt;
    },
    get pending() {
      return pending;
    },
    reconnect() {
      const now = runtime.now();
      if (link.isConnected || now - triedAt < retryMs) return;
      triedAt = now;
      if (commands === undefined) {
        commands = open();
        connectedAt = now;
        link.send(['CLIENT', 'SETNAME', `sentinel-${options.name}-cmd`]);
        link.ping();
      }
      if (onHello !== undefined && hellos === undefined) {
        hellos = open();
        hellos.onPush((value) => {
          const [kind, , text] = itemsOf(value) ?? [];
          if (textOf(kind) === 'message') onHello(textOf(text) ?? '');
        });
        hellos.send(['SUBSCRIBE', helloChannel], replyMs).catch(() => undefined);
      }
    },
    ping() {
      pingedAt = runtime.now();
      pingWaitsSince ??= pingedAt;
      link.send(['PING'], ponged);
    },
    send(command, onReply = () => undefined) {
      const client = commands;
      if (client === undefined) return;
      pending += 1;
      client.send(command, replyMs).then(
        (value) => {
          pending -= 1;
          onReply(value);
        },
        () => undefined,
      );
    },
    close() {
      const gone = [commands, hellos];
      commands = undefined;
      hellos = undefined;
      for (const client of gone) client?.close();
    },
  };
  return link;
}
