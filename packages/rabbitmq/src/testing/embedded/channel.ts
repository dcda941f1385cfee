import { frame, frameType } from '../../protocol/frame.ts';
import { encodeMethod } from '../../protocol/encode.ts';
import { methodId, type Method, type MethodName } from '../../protocol/methods.ts';
import { splitBody } from '../../protocol/content.ts';
import type { ChannelState, Handler, Incoming } from './channel-state.ts';
import { clientMethods } from './client-methods.ts';
import type { ConnectionContext } from './connection-context.ts';
import { removeConsumer } from './consume-methods.ts';
import { AmqpProblem, channelError, commandInvalid } from './problem.ts';
import { stopReplies } from './reply-to.ts';
import { createUnacked } from './unacked.ts';

export interface Channel {
  readonly isBlocked: boolean;
  /** Serves it, or keeps it until what was asked before is answered. */
  receive(incoming: Incoming): void;
  /** The connection goes, and the channel with it. */
  end(): void;
}

/** `onClosed` frees the number. */
export function createChannel(number: number, connection: ConnectionContext, onClosed: () => void): Channel {
  const waiting: Incoming[] = [];
  let life: 'open' | 'closing' | 'closed' = 'open';
  let isBlocked = false;
  let current: MethodName = 'channel.open';

  const state: ChannelState = {
    inFlight: 0,
    number,
    connection,
    mode: { type: 'plain' },
    lastQueue: '',
    prefetch: 0,
    globalPrefetch: 0,
    consumers: new Map(),
    registering: new Set(),
    unacked: createUnacked(),
    replyConsumer: undefined,
    get isOpen() {
      return life === 'open';
    },
    send(name, values) {
      if (life === 'open') connection.send(encodeMethod(number, name, values));
    },
    sendContent(name, values, { header, body }, changed = header) {
      if (life !== 'open') return;
      const frames = [encodeMethod(number, name, values), frame(frameType.header, number, changed)];
      if (body.length > 0) {
        const whole = frame(frameType.body, number, body);
        frames.push(...splitBody(whole, 0, whole.length, connection.frameMax));
      }
      connection.send(...frames);
    },
    block() {
      isBlocked = true;
      const blocking = current;
      return (action) =>
        connection.run(() => {
          if (life !== 'open') return;
          isBlocked = false;
          guard(blocking, action);
          work();
          state.registering.clear();
        });
    },
  };

  function guard(name: MethodName, action: () => void): void {
    current = name;
    try {
      action();
    } catch (problem) {
      if (!(problem instanceof AmqpProblem)) throw problem;
      if (problem.isHard) connection.fail(problem, methodId(name));
      else closeWith(problem, name);
    }
  }

  function closeWith(problem: AmqpProblem, name: MethodName): void {
    const id = methodId(name);
    state.send('channel.close', {
      replyCode: problem.code,
      replyText: problem.message.slice(0, 255),
      classId: id >>> 16,
      methodId: id & 0xffff,
    });
    life = 'closing';
    release();
  }

  /** Consumers go, and what they had in hand goes back. */
  function release(): void {
    waiting.length = 0;
    isBlocked = false;
    for (const { queue, consumer } of [...state.consumers.values()]) removeConsumer(state, queue, consumer);
    state.consumers.clear();
    connection.broker.metadataGate.forget(state);
    for (const queue of connection.vhost.queues.values()) queue.leave(state);
  }

  function finish(): void {
    life = 'closed';
    stopReplies(state);
    onClosed();
  }

  function work(): void {
    while (!isBlocked && life === 'open') {
      const next = waiting.shift();
      if (next === undefined) return;
      guard(next.method.name, () => serve(next));
    }
  }

  function serve({ method, content }: Incoming): void {
    if (method.name === 'channel.close') {
      release();
      state.send('channel.close-ok', {});
      finish();
      return;
    }
    const handler = clientMethods[method.name];
    if (handler === undefined) throw commandInvalid('unimplemented method');
    if (state.mode.type === 'tx' && state.mode.transaction.isCommitting) {
      throw channelError("unexpected command while processing 'tx.commit'");
    }
    (handler as Handler<never>)(state, method, content);
  }

  /** All but the end is ignored once the channel was closed on this side. */
  function receiveClosing(method: Method): void {
    if (method.name === 'channel.close') connection.send(encodeMethod(number, 'channel.close-ok', {}));
    if (method.name === 'channel.close-ok') finish();
  }

  return {
    get isBlocked() {
      return isBlocked;
    },
    receive(incoming) {
      if (life === 'closing') return receiveClosing(incoming.method);
      waiting.push(incoming);
      work();
      if (state.registering.size > 0) connection.afterChunk(() => state.registering.clear());
    },
    end() {
      life = 'closed';
      stopReplies(state);
      release();
    },
  };
}
