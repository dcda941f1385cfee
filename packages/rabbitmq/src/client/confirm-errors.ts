import { NotSentError, OutcomeUnknownError } from '@failover/core';
import type { ChannelModel } from 'amqplib';
import type { ClientEar, NotConfirmed } from '../gateway/connection.ts';

/** amqplib's confirm channel, as far as its bookkeeping of confirms is concerned. */
interface ConfirmingChannel {
  readonly ch: number;
  removeAllListeners(event: 'nack'): unknown;
  on(event: 'nack', listener: (fields: { readonly deliveryTag: number }) => void): unknown;
  handleConfirm(
    handle: (callback: ((error: Error) => void) | null | false) => void,
    fields: { readonly deliveryTag: number },
  ): void;
}

/**
 * A nack cannot say why. In process the relay says it just before, and the callback of that publish gets the error
 * that it stands for; a nack of the broker's own stays what amqplib makes of it.
 */
export function hearUnconfirmed(): { readonly ear: ClientEar; adopt(model: ChannelModel): ChannelModel } {
  const reasons = new Map<number, Map<number, NotConfirmed>>();

  function errorFor(channel: number, seq: number): Error {
    const why = reasons.get(channel)?.get(seq);
    reasons.get(channel)?.delete(seq);
    switch (why?.type) {
      case 'unknown':
        return new OutcomeUnknownError({ operation: 'basic.publish', server: why.server });
      case 'notSent':
        return new NotSentError(`basic.publish was not executed: ${why.reason}`);
      case undefined:
        return new Error('message nacked');
    }
  }

  return {
    ear: {
      onNotConfirmed(channel, seqs, why) {
        const ofChannel = reasons.get(channel) ?? new Map<number, NotConfirmed>();
        for (const seq of seqs) ofChannel.set(seq, why);
        reasons.set(channel, ofChannel);
      },
    },
    adopt(model) {
      const create = model.createConfirmChannel.bind(model);
      model.createConfirmChannel = async (options) => {
        const channel = await create(options);
        const own = channel as unknown as ConfirmingChannel;
        reasons.delete(own.ch);
        own.removeAllListeners('nack');
        own.on('nack', (fields) => {
          own.handleConfirm((callback) => {
            if (typeof callback === 'function') callback(errorFor(own.ch, fields.deliveryTag));
          }, fields);
        });
        return channel;
      };
      return model;
    },
  };
}
