import { readPushed, afterSubscription, subscriptionCount } from '../session/subscriptions.ts';
import { afterTracking } from '../session/tracking.ts';
import type { Attachment } from './attachment.ts';
import { isMode } from './attachment.ts';
import type { Fate } from './burst.ts';
import type { ClientState } from './client-state.ts';
import type { Collection } from './collection.ts';
import type { GatewayContext } from './context.ts';
import type { ListenerRole } from './handshake.ts';
import type { Pending, PendingCommand } from './pending.ts';
import { refusalIn } from './refusal.ts';
import type { SentRun } from './sent-commands.ts';
import { argsOf, commandOf } from './sent-commands.ts';
import { marked, markOf } from './scan-cursor.ts';
import type { Loss, Owner, Upstream } from './upstream.ts';
import type { WaitCover } from './wait-cover.ts';

export interface AnswersOptions {
  readonly context: GatewayContext;
  readonly role: ListenerRole;
  readonly state: ClientState;
  readonly attachment: Attachment;
  /** Open from the first refused command on, until all behind it were answered. */
  readonly collection: Collection;
  readonly cover: WaitCover;
  /** On which the client's commands are. */
  upstream(): Upstream<Pending> | undefined;
  /** An answer. */
  write(bytes: Uint8Array): void;
  /** What no command asked for. */
  push(bytes: Uint8Array): void;
  /** That many commands are in flight no more. */
  settled(count: number, run: SentRun): void;
  /** What decides where the next run goes has changed. */
  changed(): void;
  /** What the client had set up stands again. */
  restored(upstream: Upstream<Pending>): void;
  lost(upstream: Upstream<Pending>, loss: Loss<Pending>): void;
}

/** What servers answer to one client, and what of it the client gets to see. */
export function createAnswers(options: AnswersOptions): Owner<Pending> {
  const { attachment, changed, collection, context, cover, settled, state, write } = options;
  const { counters, tick } = context;

  function repliedError(bytes: Buffer, run: SentRun): void {
    if (run.item?.type === 'restore') {
      cover.refused(run.bytes);
      return;
    }
    const on = options.upstream();
    const refusal = on === undefined ? undefined : refusalIn(bytes, options.role, context.classify);
    const command = commandOf(run);
    // Inside a transaction nothing is sent again: the server has marked it and EXEC will say so.
    const isOfTransaction = attachment.told.transaction !== 'none' || command?.traits.route === 'transaction';
    if (command !== undefined) attachment.tell(command.traits.name);
    if (command !== undefined) modeRefused(command.traits.name);
    let count = 1;
    if (command?.traits.route === 'subscription') {
      // One error answers all of its channels.
      count = run.count - run.answered + 1;
      run.answered = run.count;
      attachment.subscriptionRefused(count, state.session.subscriptions);
      changed();
    }
    const fate: Fate =
      refusal === undefined || isOfTransaction || run.item?.type === 'large'
        ? { type: 'answered', reply: bytes }
        : { type: 'refused', reply: bytes, outcome: refusal.outcome };
    if (fate.type === 'refused') counters.refusals += 1;
    if (fate.type === 'refused' || collection.isOpen) {
      collection.add(fate, run, tick.now());
      changed();
    } else write(bytes);
    // Last: what the cluster learns may end this very connection, and settle all that is on it.
    if (refusal !== undefined && on !== undefined) context.reports.refused(on, refusal.code, refusal.text);
    if (options.upstream() === on) settled(count, run);
  }

  function pushed(bytes: Buffer, run: SentRun | undefined): number {
    const push = readPushed(bytes);
    if (push.type === 'message' || run === undefined) {
      options.push(bytes);
      return 0;
    }
    if (run.item?.type === 'restore') return 1;
    const command = commandOf(run);
    if (push.type === 'reply') {
      write(bytes);
      if (command === undefined) return 1;
      const isError = bytes[0] === 45;
      if (!isError) modeTaken(command);
      else modeRefused(command.traits.name);
      if (!isError || command.traits.route !== 'subscription') {
        attachment.tell(command.traits.name);
        return 1;
      }
      const left = run.count - run.answered;
      attachment.subscriptionRefused(left, state.session.subscriptions);
      changed();
      return left;
    }
    const channels = push.channel === undefined ? [] : [push.channel];
    const subscriptions = afterSubscription(state.session.subscriptions, push.name, channels);
    state.session = { ...state.session, subscriptions };
    const isOurs = command?.traits.name === push.name;
    if (!isOurs || run.answered >= command.confirmed) write(bytes);
    if (!isOurs) return 0;
    attachment.confirmed(1);
    return 1;
  }

  function modeTaken({ bytes, traits }: PendingCommand): void {
    if (!isMode(traits.name)) return;
    const tracking = traits.name === 'MONITOR' ? state.session.tracking : afterTracking(argsOf(bytes));
    const isMonitoring = state.session.isMonitoring || traits.name === 'MONITOR';
    state.session = { ...state.session, tracking, isMonitoring };
    attachment.modeStands(traits.name, traits.name === 'MONITOR' || tracking !== undefined);
    changed();
  }

  function modeRefused(name: string): void {
    const { tracking, isMonitoring } = state.session;
    if (isMode(name)) attachment.modeStands(name, name === 'MONITOR' ? isMonitoring : tracking !== undefined);
  }

  return {
    get wantsSingleReplies() {
      return collection.isOpen;
    },
    get isSubscribed() {
      const { identity, session } = state;
      if (attachment.isMonitoring) return true;
      return (
        identity.resp === 2 && (attachment.subscribing > 0 || subscriptionCount(session.subscriptions) > 0)
      );
    },
    replyPart: write,
    replied(reply, count, run) {
      const { item } = run;
      let bytes = reply;
      if (item === undefined && !collection.isOpen) {
        write(bytes);
        settled(count, run);
        return;
      }
      if (item?.type === 'restore') return;
      const on = options.upstream();
      if (item?.type === 'command' && item.traits.route === 'cursor' && on !== undefined)
        bytes = marked(bytes, markOf(on.lease));
      if (item?.type === 'command') attachment.tell(item.traits.name);
      if (item?.type === 'command') modeTaken(item);
      if (collection.isOpen) collection.add({ type: 'answered', reply: bytes }, run, tick.now());
      else if (item?.type !== 'command') write(bytes);
      else write(cover.answerTo(item.traits.name) ?? item.answer ?? bytes);
      settled(count, run);
    },
    repliedError,
    pushed,
    counted(count, run) {
      if (run.item?.type !== 'restore') {
        settled(count, run);
        return;
      }
      const on = options.upstream();
      if (run.answered >= run.count && on !== undefined) options.restored(on);
    },
    lost: options.lost,
  };
}
