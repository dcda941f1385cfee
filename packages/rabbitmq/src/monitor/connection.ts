import type { AskedConnection, AskedEvents, Cancel, EndpointId, Runtime } from '@failover/core';
import { isOwnStall } from '@failover/core';
import type { RabbitConfig } from '../config.ts';
import { decodeMethod } from '../protocol/decode.ts';
import { encodeMethod } from '../protocol/encode.ts';
import { FrameError, frameType, heartbeatFrame, protocolHeader } from '../protocol/frame.ts';
import { createLogin, lowerLimit, ourCapabilities, plain } from '../protocol/login.ts';
import type { Method } from '../protocol/methods.ts';
import { createFrameScanner } from '../protocol/scan.ts';
import { replyCode } from '../protocol/reply-code.ts';
import type { RabbitReply } from '../replies.ts';
import { knock } from '../knock.ts';

/** A monitor's frames are short; a peer that sends more is no RabbitMQ. */
const frameMax = 131_072;
const channel = 1;

/**
 * One connection of a monitor: logged in, with one channel. It asks `basic.qos`, which a node answers by itself on
 * that channel: no queue and no other node has a part in it.
 */
export function openAsked(
  endpoint: EndpointId,
  config: RabbitConfig,
  runtime: Runtime,
  events: AskedEvents & { onUnasked(reply: RabbitReply): void },
): AskedConnection<RabbitReply> {
  const openedAt = runtime.now();
  const socket = runtime.connect(endpoint);
  const scanner = createFrameScanner(frameMax);
  const login = createLogin({
    credentials: plain(config.username, config.password),
    clientProperties: {
      product: 'failover',
      connection_name: `failover monitor ${config.name}`,
      capabilities: ourCapabilities,
    },
  });
  let isOver = false;
  let isOpen = false;
  let isStranger = false;
  let stopKnocking: Cancel = () => undefined;
  let onAnswer = (): void => undefined;
  let stopTimer: Cancel = () => undefined;
  let stopHeartbeats: Cancel = () => undefined;

  function close(): void {
    isOver = true;
    stopTimer();
    stopHeartbeats();
    stopKnocking();
    socket.destroy();
  }

  function end(reason: string): void {
    if (isOver) return;
    close();
    events.onEnd(reason);
  }

  function expectWithin(ms: number, what: string): void {
    stopTimer();
    const dueAt = runtime.now() + ms;
    stopTimer = runtime.after(ms, () => {
      // A late timer means that we stood still: what we wait for may lie unread.
      if (isOwnStall(dueAt, runtime.now())) expectWithin(ms, what);
      else end(`no ${what} within ${ms} ms`);
    });
  }

  function beat(): void {
    stopHeartbeats = runtime.after((config.heartbeatS * 1000) / 2, () => {
      socket.write(heartbeatFrame);
      beat();
    });
  }

  /** It lives, and does not let us in: clients with names of their own it may. Asked from now on without one. */
  function refused(code: number, text: string): void {
    if (code !== replyCode.accessRefused && code !== replyCode.notAllowed) {
      end(`it refused to be watched: ${code} ${text}`);
      return;
    }
    runtime.log('warn', `${endpoint} does not let the monitor in: ${code} ${text}`, { server: endpoint });
    stopTimer();
    isStranger = true;
    socket.destroy();
    events.onReady();
  }

  function logIn(method: Method): void {
    const step = login.hear(method);
    switch (step.type) {
      case 'refused':
        refused(step.code, step.text);
        return;
      case 'send':
        expectWithin(config.loginTimeoutMs, 'login');
        socket.write(step.bytes);
        return;
      case 'authenticated':
        socket.write(
          login.open(config.vhost, {
            channelMax: lowerLimit(step.offered.channelMax, 8),
            frameMax: lowerLimit(step.offered.frameMax, frameMax),
            heartbeatS: config.heartbeatS,
          }),
        );
        return;
      case 'open':
        socket.write(encodeMethod(channel, 'channel.open', {}));
    }
  }

  function hear(method: Method): void {
    if (!isOpen && method.name !== 'channel.open-ok') {
      logIn(method);
      return;
    }
    switch (method.name) {
      case 'channel.open-ok':
        isOpen = true;
        stopTimer();
        beat();
        events.onReady();
        return;
      case 'basic.qos-ok': {
        const answered = onAnswer;
        onAnswer = () => undefined;
        answered();
        return;
      }
      case 'connection.blocked':
        events.onUnasked({ type: 'blocked', reason: method.reason });
        return;
      case 'connection.unblocked':
        events.onUnasked({ type: 'unblocked' });
        return;
      case 'connection.close':
        socket.write(encodeMethod(0, 'connection.close-ok', {}));
        end(`${method.replyCode} ${method.replyText}`);
        return;
      default:
        end(`it sent ${method.name} that nobody asked for`);
    }
  }

  function ask(onAnswered: () => void): void {
    if (isOver) return;
    if (isStranger) {
      stopKnocking = knock(endpoint, runtime, onAnswered, end);
      return;
    }
    onAnswer = onAnswered;
    socket.write(encodeMethod(channel, 'basic.qos', { prefetchSize: 0, prefetchCount: 1, global: false }));
  }

  expectWithin(config.connectTimeoutMs, 'connection.start');
  socket.on('connect', () => {
    if (!isOver) socket.write(protocolHeader);
  });
  socket.on('data', (chunk: Buffer) => {
    if (isOver || isStranger) return;
    try {
      scanner.feed(chunk, (bytes, from, to) => {
        if (bytes[from] === frameType.method) hear(decodeMethod(bytes, from, to));
        return !isOver;
      });
    } catch (cause) {
      end(cause instanceof FrameError ? `it does not speak AMQP 0-9-1: ${cause.message}` : String(cause));
    }
  });
  socket.on('end', () => {
    if (!isStranger) end('closed by the node');
  });
  socket.on('error', (cause) => {
    if (!isStranger) end(cause.message);
  });
  socket.on('close', () => {
    if (!isStranger) end('closed');
  });

  return {
    openedAt,
    ask(_round, onReply, onDone) {
      ask(() => {
        onDone();
        onReply({ type: 'alive' });
      });
    },
    ping: ask,
    close,
  };
}
