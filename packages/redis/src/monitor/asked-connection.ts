import type { AskedConnection, AskedEvents, EndpointId, Runtime } from '@failover/core';
import type { CommandArgument } from '../protocol/encode.ts';
import type { RespValue } from '../protocol/value.ts';
import type { RedisReply } from '../replies.ts';
import type { ConnectionOptions } from './connection.ts';
import { openConnection } from './connection.ts';

export interface Question {
  readonly args: readonly CommandArgument[];
  read(value: RespValue): RedisReply;
}

/** A monitor's connection as the probe asks it: each round is a few commands, sent together. */
export function openAsked(
  endpoint: EndpointId,
  options: ConnectionOptions,
  runtime: Runtime,
  questions: (round: number) => readonly Question[],
  events: AskedEvents,
): AskedConnection<RedisReply> {
  const connection = openConnection(endpoint, options, runtime, events);
  return {
    openedAt: connection.openedAt,
    ask(round, onReply, onDone) {
      const asked = questions(round);
      let left = asked.length;
      connection.ask(
        asked.map(({ args, read }) => ({
          args,
          onReply(value) {
            left -= 1;
            if (left === 0) onDone();
            onReply(read(value));
          },
        })),
      );
    },
    ping(onPong) {
      connection.ask([{ args: ['PING'], onReply: onPong }]);
    },
    close: connection.close,
  };
}
