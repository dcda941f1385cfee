import type { ChannelState, Handlers } from './channel-state.ts';
import { createConfirms } from './confirms.ts';
import { notImplemented, preconditionFailed } from './problem.ts';
import { settle } from './settle-methods.ts';
import { createTransaction, type Transaction } from './transaction.ts';

/** Confirms of one piece of input go out together. */
function startConfirms(channel: ChannelState): void {
  const { connection } = channel;
  const { confirmMs } = connection.broker.settings;
  let isFlushDue = false;
  const flush = (): void => {
    isFlushDue = false;
    if (channel.isOpen) confirms.flush();
  };
  const confirms = createConfirms(
    (how, deliveryTag, multiple) => {
      if (how === 'ack') channel.send('basic.ack', { deliveryTag, multiple });
      else channel.send('basic.nack', { deliveryTag, multiple, requeue: true });
    },
    () => {
      if (isFlushDue) return;
      isFlushDue = true;
      if (confirmMs > 0) connection.after(confirmMs, flush);
      else connection.afterChunk(flush);
    },
  );
  channel.mode = { type: 'confirm', confirms };
}

function transactionOf(channel: ChannelState): Transaction {
  if (channel.mode.type !== 'tx') throw preconditionFailed('channel is not transactional');
  return channel.mode.transaction;
}

export const modeMethods: Handlers = {
  'confirm.select'(channel, { nowait }) {
    if (channel.mode.type === 'tx') throw preconditionFailed('cannot switch from tx to confirm mode');
    if (channel.mode.type === 'plain') startConfirms(channel);
    if (!nowait) channel.send('confirm.select-ok', {});
  },
  'tx.select'(channel) {
    if (channel.mode.type === 'confirm') throw preconditionFailed('cannot switch from confirm to tx mode');
    if (channel.mode.type === 'plain') channel.mode = { type: 'tx', transaction: createTransaction() };
    channel.send('tx.select-ok', {});
  },
  'tx.commit'(channel) {
    const { publishes, settles } = transactionOf(channel);
    const next = createTransaction();
    channel.mode = { type: 'tx', transaction: next };
    next.isCommitting = true;
    let left = publishes.length + 1;
    const done = (): void => {
      left -= 1;
      if (left > 0) return;
      next.isCommitting = false;
      channel.connection.run(() => channel.send('tx.commit-ok', {}));
    };
    for (const publish of publishes) publish(done);
    for (const { taken, how } of settles) settle(channel, taken, how);
    done();
  },
  'tx.rollback'(channel) {
    const { settles } = transactionOf(channel);
    channel.mode = { type: 'tx', transaction: createTransaction() };
    // They are unsettled again, under their old tags.
    for (const { taken } of settles) channel.unacked.restore(taken);
    channel.send('tx.rollback-ok', {});
  },
  'channel.flow'(channel, { active }) {
    if (!active) throw notImplemented('active=false');
    channel.send('channel.flow-ok', { active: true });
  },
};
