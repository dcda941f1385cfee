import { encodeCommand } from '../protocol/encode.ts';
import type { Subscriptions } from '../session/subscriptions.ts';
import {
  afterSubscription,
  confirmations,
  noSubscriptions,
  subscriptionCount,
} from '../session/subscriptions.ts';
import type { TransactionState } from '../session/transaction.ts';
import { afterCommand, afterLoss, noTransaction } from '../session/transaction.ts';
import type { RespVersion } from './identity.ts';
import type { PendingCommand } from './pending.ts';
import { argsOf } from './sent-commands.ts';

/**
 * What ties a client to a connection of its own: as the server will see it when all that was sent is done, and as
 * the client was told.
 */
export interface Attachment {
  /** State on that connection keeps the client there. */
  readonly isFixed: boolean;
  /** The client's transaction is lost, and it has not ended it yet. */
  readonly isBroken: boolean;
  readonly isInTransaction: boolean;
  readonly told: TransactionState;
  /** Confirmations of subscriptions that are on their way. */
  readonly subscribing: number;
  /** What is to be sent for a command, and how many answers that gives. */
  send(
    command: PendingCommand,
    resp: RespVersion,
  ): { readonly command: PendingCommand; readonly count: number };
  /** The client got the reply to this command. */
  tell(name: string): void;
  /** One or more of the confirmations came. */
  confirmed(count: number): void;
  /** A subscription was refused with all its channels: what stands is what was confirmed before. */
  subscriptionRefused(count: number, confirmed: Subscriptions): void;
  /** The server shows what it does, or is about to. */
  readonly isMonitoring: boolean;
  /** CLIENT TRACKING or MONITOR was answered: this is what stands. */
  modeStands(mode: Mode, isOn: boolean): void;
  /** The connection is gone, and with it all but subscriptions and tracking, which are made again. */
  lost(state: TransactionState, confirmed: Subscriptions): void;
  dropped(confirmed: Subscriptions): void;
  break(): void;
  /** EXEC or DISCARD ends a broken transaction. */
  endTransaction(): void;
  reset(): void;
}

/** What a client's own connection does until it is told otherwise. */
export type Mode = 'CLIENT TRACKING' | 'MONITOR';

export const isMode = (name: string): name is Mode => name === 'CLIENT TRACKING' || name === 'MONITOR';

const nullArray = Buffer.from('*-1\r\n');
const nullResp3 = Buffer.from('_\r\n');
const discard = encodeCommand(['DISCARD']);

export function createAttachment(): Attachment {
  let sent: TransactionState = noTransaction;
  let subscriptions: Subscriptions = noSubscriptions;
  let isForever = false;
  let modes: ReadonlySet<Mode> = new Set();
  let modesTold: ReadonlySet<Mode> = new Set();

  const attachment = {
    isFixed: false,
    isBroken: false,
    told: noTransaction,
    subscribing: 0,
    get isInTransaction() {
      return sent.transaction !== 'none';
    },
    send(command: PendingCommand, resp: RespVersion) {
      const { name, route } = command.traits;
      let result = { command, count: 1 };
      if (route === 'subscription') {
        const channels = argsOf(command.bytes)
          .slice(1)
          .map((arg) => arg.toString('latin1'));
        result = { command, count: confirmations(subscriptions, name, channels) };
        subscriptions = afterSubscription(subscriptions, name, channels);
        attachment.subscribing += result.count;
      } else if (name === 'EXEC' && sent.transaction === 'open' && sent.watch === 'lost') {
        // The watched keys may have changed unseen, so this EXEC must fail as it does when they have.
        const answer = resp === 3 ? nullResp3 : nullArray;
        result = { command: { ...command, bytes: discard, answer }, count: 1 };
      }
      if (route === 'pinForever') isForever = true;
      if (isMode(name)) modes = new Set([...modes, name]);
      sent = afterCommand(sent, name);
      fix();
      return result;
    },
    tell(name: string) {
      attachment.told = afterCommand(attachment.told, name);
    },
    confirmed(count: number) {
      attachment.subscribing -= count;
    },
    subscriptionRefused(count: number, confirmed: Subscriptions) {
      attachment.subscribing -= count;
      subscriptions = confirmed;
      fix();
    },
    get isMonitoring() {
      return modes.has('MONITOR');
    },
    modeStands(mode: Mode, isOn: boolean) {
      const standing = new Set(modesTold);
      if (isOn) standing.add(mode);
      else standing.delete(mode);
      modes = standing;
      modesTold = standing;
      fix();
    },
    lost(state: TransactionState, confirmed: Subscriptions) {
      become(state);
      modes = modesTold;
      attachment.subscribing = 0;
      subscriptions = confirmed;
      fix();
    },
    dropped(confirmed: Subscriptions) {
      attachment.lost(afterLoss(sent), confirmed);
    },
    break() {
      become({ transaction: 'broken', watch: 'none' });
    },
    endTransaction() {
      become(noTransaction);
    },
    reset() {
      isForever = false;
      modesTold = new Set();
      attachment.lost(noTransaction, noSubscriptions);
    },
  };

  function become(state: TransactionState): void {
    sent = state;
    attachment.told = state;
    fix();
  }

  function fix(): void {
    attachment.isBroken = sent.transaction === 'broken';
    attachment.isFixed =
      isForever ||
      modes.size > 0 ||
      sent.transaction === 'open' ||
      sent.watch === 'set' ||
      subscriptionCount(subscriptions) > 0;
  }

  return attachment;
}
