import { keySlot } from '../protocol/key-slot.ts';
import { minus } from '../protocol/marks.ts';
import { readPushed, afterSubscription, subscriptionCount } from '../session/subscriptions.ts';
import { afterTracking } from '../session/tracking.ts';
import type { Attachment } from './attachment.ts';
import { isMode } from './attachment.ts';
import type { Fate } from './burst.ts';
import type { ClientState } from './client-state.ts';
import type { GatewayContext } from './context.ts';
import type { Flight } from './flight.ts';
import type { Pending, PendingCommand } from './pending.ts';
import { refusalIn } from './refusal.ts';
import type { Redirected } from './shards/redirect.ts';
import { redirected, redirectIn } from './shards/redirect.ts';
import { notExecuted } from './refuse.ts';
import type { SentRun } from './sent-commands.ts';
import { argsOf, commandOf } from './sent-commands.ts';
import { marked, markOf } from './scan-cursor.ts';
import type { Unwatched } from './unwatched.ts';
import type { Loss, Owner, Upstream } from './upstream.ts';
import type { WaitCover } from './wait-cover.ts';

export interface AnswersOptions {
  readonly state: ClientState;
  readonly attachment: Attachment;
  readonly cover: WaitCover;
  /** On which the client's commands are. */
  readonly route: { readonly upstream: Upstream<Pending> | undefined };
  /** What decides where the next run goes has changed. */
  aim(): void;
  /** Its server ended a subscription by itself. */
  resubscribe(): void;
  /** A subscription cannot be made again here. */
  lostSubscription(): void;
  /** `restored`: what the client had set up stands again. */
  readonly unwatched: Pick<Unwatched, 'restored'>;
  readonly detachment: { asksElsewhere(run: SentRun): boolean };
  lost(upstream: Upstream<Pending>, loss: Loss<Pending>): void;
}

/** All that a plain reply touches. The collection is open from the first refused command on, until all behind it were answered. */
export type AnswersFlight = Pick<Flight, 'context' | 'origin' | 'collection' | 'write' | 'push' | 'settled'>;

/** What servers answer to one client, and what of it the client gets to see. */
export class Answers implements Owner<Pending> {
  readonly #flight: AnswersFlight;
  readonly #options: AnswersOptions;
  /** A subscription cannot be made again here, so that no gap has ended. */
  #isLost = false;
  /** Of keys that the client watches and, as far as it was told, are here; nearly all watch none. */
  #watchedSlots: Set<number> | undefined;

  constructor(flight: AnswersFlight, options: AnswersOptions) {
    this.#flight = flight;
    this.#options = options;
  }

  get wantsSingleReplies(): boolean {
    return this.#flight.collection.isOpen;
  }

  get isSubscribed(): boolean {
    const { attachment, state } = this.#options;
    if (attachment.isMonitoring) return true;
    const { identity, session } = state;
    return (
      identity.resp === 2 && (attachment.subscribing > 0 || subscriptionCount(session.subscriptions) > 0)
    );
  }

  replyPart(bytes: Buffer): void {
    this.#flight.write(bytes);
  }

  replied(reply: Buffer, count: number, run: SentRun): void {
    const { collection, context } = this.#flight;
    const { item } = run;
    if (item === undefined && !collection.isOpen) {
      this.#flight.write(reply);
      this.#flight.settled(count, run);
      return;
    }
    if (item?.type === 'restore') return;
    const command = item?.type === 'command' ? item : undefined;
    const bytes = command === undefined ? reply : this.#shown(reply, command);
    if (command !== undefined) this.#taken(command);
    if (collection.isOpen) this.#collect({ type: 'answered', reply: bytes }, run, context);
    else this.#flight.write(command === undefined ? bytes : this.#told(command, bytes));
    this.#flight.settled(count, run);
  }

  repliedError(answer: Buffer, run: SentRun): void {
    const { collection, context } = this.#flight;
    const { attachment, cover, state } = this.#options;
    if (run.item?.type === 'restore') {
      cover.refused(run.bytes);
      this.#notRestored(answer);
      return;
    }
    const on = this.#options.route.upstream;
    const { role, shard } = this.#flight.origin;
    const sent = context.slots === undefined ? undefined : redirected(answer, context.slots, shard);
    const command = commandOf(run);
    // Inside a transaction nothing is sent again: the server has marked it and EXEC will say so.
    const isOfTransaction = attachment.told.transaction !== 'none' || command?.traits.route === 'transaction';
    const bytes = sent === undefined ? answer : this.#redirectOf(sent, answer, isOfTransaction);
    const refusal =
      on === undefined
        ? undefined
        : sent?.type === 'refused'
          ? sent.refusal
          : bytes === movedAway
            ? undefined
            : refusalIn(bytes, role, context.classify, nameOf(run));
    if (command !== undefined) this.#refused(command.traits.name);
    let count = 1;
    if (command?.traits.route === 'subscription') {
      // One error answers all of its channels.
      count = run.count - run.answered + 1;
      run.answered = run.count;
      attachment.subscriptionRefused(count, state.session);
      this.#options.aim();
    }
    const fate: Fate =
      refusal === undefined || isOfTransaction || run.item?.type === 'large'
        ? { type: 'answered', reply: bytes }
        : { type: 'refused', reply: bytes, outcome: refusal.outcome };
    if (fate.type === 'refused') context.counters.refusals += 1;
    if (fate.type === 'refused' || collection.isOpen) {
      this.#collect(fate, run, context);
      this.#options.aim();
    } else this.#flight.write(bytes);
    // Last: what the cluster learns may end this very connection, and settle all that is on it.
    if (refusal !== undefined && on !== undefined) context.reports.refused(on, refusal.code, refusal.text);
    if (this.#options.route.upstream === on) this.#flight.settled(count, run);
  }

  /**
   * Who is sent away in the middle of a transaction that began with WATCH could begin again elsewhere, where nothing is
   * watched: it hears that nothing of it was executed. Once, before MULTI: then it begins again, and must find where.
   * The address of a server is for nobody.
   */
  #redirectOf(sent: Redirected, answer: Buffer, isOfTransaction: boolean): Buffer {
    if (sent.type !== 'elsewhere') return movedAway;
    const { told } = this.#options.attachment;
    if (told.watch === 'none') return sent.reply;
    if (told.transaction !== 'none') return movedAway;
    const redirect = redirectIn(answer);
    const isWatched = redirect?.type === 'moved' && this.#watchedSlots?.has(redirect.slot) === true;
    if (!isWatched && !(isOfTransaction && this.#watchedSlots !== undefined)) return sent.reply;
    this.#watchedSlots = undefined;
    return movedAway;
  }

  /** Of a subscription that cannot be made again here: it would never hear, and nobody would tell it. */
  #notRestored(reply: Buffer): void {
    if (redirectIn(reply) === undefined) return;
    const { context, origin } = this.#flight;
    // Whoever makes it again shall know where.
    if (context.slots !== undefined) redirected(reply, context.slots, origin.shard);
    this.#isLost = true;
    this.#options.lostSubscription();
  }

  pushed(bytes: Buffer, run: SentRun | undefined): number {
    const { attachment, state } = this.#options;
    const read = readPushed(bytes);
    const command = run === undefined ? undefined : commandOf(run);
    const isAsked = run?.item?.type === 'restore' || command?.traits.name === 'SUNSUBSCRIBE';
    if (read.type === 'confirmation' && read.name === 'SUNSUBSCRIBE' && !isAsked) {
      // A node ends subscriptions to channels of slots that it has no more. They are made again where those are now.
      this.#options.resubscribe();
      return 0;
    }
    if (read.type === 'message' || run === undefined) {
      this.#flight.push(bytes);
      return 0;
    }
    if (run.item?.type === 'restore') {
      this.#notRestored(bytes);
      return 1;
    }
    if (read.type === 'reply') {
      this.#flight.write(bytes);
      if (command === undefined) return 1;
      const isError = bytes[0] === minus;
      if (isError && command.traits.route === 'subscription') {
        const left = run.count - run.answered;
        attachment.subscriptionRefused(left, state.session);
        this.#options.aim();
        return left;
      }
      if (isError) this.#refused(command.traits.name);
      else this.#taken(command);
      return 1;
    }
    const channels = read.channel === undefined ? [] : [read.channel];
    const subscriptions = afterSubscription(state.session.subscriptions, read.name, channels);
    state.session = { ...state.session, subscriptions };
    const isOurs = command?.traits.name === read.name;
    if (!isOurs || run.answered >= command.confirmed) this.#flight.write(bytes);
    if (!isOurs) return 0;
    attachment.confirmed(1);
    return 1;
  }

  counted(count: number, run: SentRun): void {
    if (run.item?.type !== 'restore') {
      this.#flight.settled(count, run);
      return;
    }
    const { route, unwatched } = this.#options;
    if (run.answered < run.count || route.upstream === undefined || this.#isLost) return;
    const { context, origin } = this.#flight;
    unwatched.restored(context.cluster, origin.target, route.upstream.lease.server);
  }

  asksElsewhere(run: SentRun): boolean {
    return this.#options.detachment.asksElsewhere(run);
  }

  lost(upstream: Upstream<Pending>, loss: Loss<Pending>): void {
    this.#options.lost(upstream, loss);
  }

  #collect(fate: Fate, run: SentRun, { commands, limits, tick }: GatewayContext): void {
    this.#flight.collection.add(fate, run, tick.now(), commands, limits.maxUnreadBytes);
  }

  /** As this client may use it. */
  #shown(reply: Buffer, { traits }: PendingCommand): Buffer {
    const on = this.#options.route.upstream;
    return traits.route === 'cursor' && on !== undefined ? marked(reply, markOf(on.lease)) : reply;
  }

  /** In place of a reply that is about something else, or would not be true. */
  #told({ traits, answer }: PendingCommand, bytes: Buffer): Uint8Array {
    return this.#options.cover.answerTo(traits.name) ?? answer ?? bytes;
  }

  /** The server did it. */
  #taken({ bytes, traits: { name } }: PendingCommand): void {
    const { attachment, state } = this.#options;
    attachment.tell(name);
    if (attachment.told.watch === 'none') this.#watchedSlots = undefined;
    else if (name === 'WATCH') {
      this.#watchedSlots ??= new Set();
      for (const key of argsOf(bytes).slice(1)) this.#watchedSlots.add(keySlot(key));
    }
    if (!isMode(name)) return;
    const tracking = name === 'MONITOR' ? state.session.tracking : afterTracking(argsOf(bytes));
    const isMonitoring = state.session.isMonitoring || name === 'MONITOR';
    state.session = { ...state.session, tracking, isMonitoring };
    attachment.modesStand(state.session);
    this.#options.aim();
  }

  /** It did not. */
  #refused(name: string): void {
    // Nothing is watched by it.
    if (name !== 'WATCH') this.#options.attachment.tell(name);
    if (isMode(name)) this.#options.attachment.modesStand(this.#options.state.session);
  }
}

const nameOf = ({ item }: SentRun): string | undefined =>
  item?.type === 'command' || item?.type === 'large' ? item.traits.name : undefined;

const movedAway = notExecuted('its slot is at another server now');
