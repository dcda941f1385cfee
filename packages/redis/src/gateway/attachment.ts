import { encodeCommand } from '../protocol/encode.ts';
import type { Session } from '../session/session.ts';
import { newSession } from '../session/session.ts';
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

/** What a client's own connection does until it is told otherwise. */
export type Mode = 'CLIENT TRACKING' | 'MONITOR';

export const isMode = (name: string): name is Mode => name === 'CLIENT TRACKING' || name === 'MONITOR';

const nullArray = Buffer.from('*-1\r\n');
const nullResp3 = Buffer.from('_\r\n');
const discard = encodeCommand(['DISCARD']);

const noModes: ReadonlySet<Mode> = new Set();

function modesOf({ tracking, isMonitoring }: Session): ReadonlySet<Mode> {
  if (tracking === undefined && !isMonitoring) return noModes;
  return new Set([
    ...(tracking === undefined ? [] : (['CLIENT TRACKING'] as const)),
    ...(isMonitoring ? (['MONITOR'] as const) : []),
  ]);
}

/**
 * What ties a client to a connection of its own: as the server will see it when all that was sent is done, and as
 * the client was told.
 */
export class Attachment {
  /** State on that connection keeps the client there. */
  isFixed = false;
  /** The client's transaction is lost, and it has not ended it yet. */
  isBroken = false;
  told: TransactionState = noTransaction;
  /** Confirmations of subscriptions that are on their way. */
  subscribing = 0;
  #sent: TransactionState = noTransaction;
  #subscriptions: Subscriptions = noSubscriptions;
  #isForever = false;
  #modes: ReadonlySet<Mode> = noModes;

  get isInTransaction(): boolean {
    return this.#sent.transaction !== 'none';
  }

  /** The server shows what it does, or is about to. */
  get isMonitoring(): boolean {
    return this.#modes.has('MONITOR');
  }

  /** What is to be sent for a command, and how many answers that gives. */
  send(
    command: PendingCommand,
    resp: RespVersion,
  ): { readonly command: PendingCommand; readonly count: number } {
    const { name, route } = command.traits;
    let result = { command, count: 1 };
    if (route === 'subscription') {
      const channels = argsOf(command.bytes)
        .slice(1)
        .map((arg) => arg.toString('latin1'));
      result = { command, count: confirmations(this.#subscriptions, name, channels) };
      this.#subscriptions = afterSubscription(this.#subscriptions, name, channels);
      this.subscribing += result.count;
    } else if (name === 'EXEC' && this.#sent.transaction === 'open' && this.#sent.watch === 'lost') {
      // The watched keys may have changed unseen, so this EXEC must fail as it does when they have.
      const answer = resp === 3 ? nullResp3 : nullArray;
      result = { command: { ...command, bytes: discard, answer }, count: 1 };
    }
    if (route === 'pinForever') this.#isForever = true;
    if (isMode(name)) this.#modes = new Set([...this.#modes, name]);
    this.#sent = afterCommand(this.#sent, name);
    this.#fix();
    return result;
  }

  /** The client got the reply to this command. */
  tell(name: string): void {
    this.told = afterCommand(this.told, name);
  }

  /** One or more of the confirmations came. */
  confirmed(count: number): void {
    this.subscribing -= count;
  }

  /** A subscription was refused with all its channels: what stands is what was confirmed before. */
  subscriptionRefused(count: number, { subscriptions }: Session): void {
    this.subscribing -= count;
    this.#subscriptions = subscriptions;
    this.#fix();
  }

  /** CLIENT TRACKING or MONITOR was answered: the session says what stands. */
  modesStand(session: Session): void {
    this.#modes = modesOf(session);
    this.#fix();
  }

  /** The connection is gone, and with it all but subscriptions and modes, which are made again. */
  lost(state: TransactionState, session: Session): void {
    this.#modes = modesOf(session);
    this.subscribing = 0;
    this.#subscriptions = session.subscriptions;
    this.#become(state);
  }

  dropped(session: Session): void {
    this.lost(afterLoss(this.#sent), session);
  }

  /** The client leaves its connection, of which nothing is lost but what was watched there. */
  left(): void {
    this.#become({ ...this.#sent, watch: this.told.watch === 'none' ? 'none' : 'lost' });
  }

  break(): void {
    this.#become({ transaction: 'broken', watch: 'none' });
  }

  /** EXEC or DISCARD ends a broken transaction. */
  endTransaction(): void {
    this.#become(noTransaction);
  }

  reset(): void {
    this.#isForever = false;
    this.lost(noTransaction, newSession);
  }

  #become(state: TransactionState): void {
    this.#sent = state;
    this.told = state;
    this.#fix();
  }

  #fix(): void {
    this.isBroken = this.#sent.transaction === 'broken';
    this.isFixed =
      this.#isForever ||
      this.#modes.size > 0 ||
      this.#sent.transaction === 'open' ||
      this.#sent.watch === 'set' ||
      subscriptionCount(this.#subscriptions) > 0;
  }
}
