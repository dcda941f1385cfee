import type { ClientStream, Lease, Ms } from '@failover/core';
import type { CommandTraits } from '../../protocol/commands/index.ts';
import { containerOf } from '../../protocol/commands/index.ts';
import { encodeCommand } from '../../protocol/encode.ts';
import { colon, isError, push } from '../../protocol/marks.ts';
import type { Subscriptions } from '../../session/subscriptions.ts';
import {
  afterSubscription,
  confirmations,
  noSubscriptions,
  readPushed,
  subscriptionCount,
} from '../../session/subscriptions.ts';
import type { ClientFacts } from '../client-facts.ts';
import type { Listed } from '../clients.ts';
import type { GatewayContext } from '../context.ts';
import type { FramedEvents } from '../framed-stream.ts';
import { FramedStream } from '../framed-stream.ts';
import type { IntakeEvents } from '../intake.ts';
import { Intake } from '../intake.ts';
import { protocolError, refusedByUs } from '../refuse.ts';
import type { Relay } from '../relay.ts';
import { argsOf } from '../sent-commands.ts';
import { splitRun } from '../split-run.ts';

/** How many replicas must have a write before its client hears that it is done, and how long that may take. */
export interface GuardRules {
  readonly replicas: number;
  readonly timeoutMs: Ms;
}

export interface WriteGuardOptions {
  readonly context: Pick<GatewayContext, 'commands' | 'limits' | 'scanner' | 'counters'>;
  readonly rules: GuardRules;
  readonly client: ClientStream;
  /** Under which its writes were done. */
  lease(): Lease | undefined;
  openRelay(client: ClientStream): Relay;
  onClosed(): void;
}

/** An answer that the relay owes. */
type Owed =
  /** `isGuarded`: it may have changed something. */
  | { readonly type: 'command'; readonly isGuarded: boolean }
  /** Of our own WAIT, which covers all guarded ones before it. */
  | { readonly type: 'wait' }
  /** Our own. */
  | { readonly type: 'answer'; readonly reply: Uint8Array };

interface Held {
  readonly bytes: Uint8Array;
  readonly isGuarded: boolean;
}

/**
 * A client that hears of a write only when enough replicas have it. Behind what the client sent together goes a WAIT,
 * and the answers wait for its answer; what too few replicas have in time is told as unknown, since a failover may
 * lose it. The relay behind it knows nothing of this: to it the client is one that says WAIT.
 */
export class WriteGuard implements IntakeEvents, FramedEvents {
  readonly #options: WriteGuardOptions;
  readonly #intake: Intake;
  /** What the relay takes for its client. */
  readonly #asker: FramedStream;
  readonly #relay: Relay;
  readonly #wait: Uint8Array;
  #owed: Owed[] = [];
  /** Answers that wait for the answer of a WAIT, in order. */
  #held: Held[] = [];
  /** A write was sent and no WAIT behind it. */
  #isOpen = false;
  #isInTransaction = false;
  /** A large command is on its way in parts: nothing may come between them. */
  #isMidLarge = false;
  #subscriptions: Subscriptions = noSubscriptions;
  #confirming = 0;
  #isClosed = false;

  constructor(options: WriteGuardOptions) {
    this.#options = options;
    const { client, context, rules } = options;
    this.#wait = encodeCommand(['WAIT', rules.replicas, rules.timeoutMs]);
    this.#intake = new Intake(this, context);
    this.#asker = new FramedStream(client, this);
    this.#relay = options.openRelay(this.#asker);
    this.#asker.servedBy(this.#relay);
    client.on('data', (chunk: Buffer) => {
      this.#intake.feed(chunk);
      this.#guard();
    });
    client.on('drain', () => {
      this.#asker.drained();
    });
    client.on('error', () => undefined);
    client.on('end', () => {
      this.hungUp();
      this.drain();
    });
    client.on('close', () => {
      this.close();
    });
  }

  drain(): void {
    this.#relay.drain();
  }

  leave(): void {
    this.#relay.leave();
  }

  hungUp(): void {
    this.#relay.hungUp();
  }

  get unheardSince(): Ms | undefined {
    return this.#relay.unheardSince;
  }

  abandon(): void {
    this.#relay.abandon();
  }

  kill(): void {
    this.abandon();
    this.close();
  }

  facts(): ClientFacts {
    return this.#relay.facts();
  }

  get blockedOn(): Listed['blockedOn'] {
    return this.#relay.blockedOn;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#asker.close();
    this.#options.client.destroy();
    this.#options.onClosed();
  }

  // ---- what the client asks

  run(bytes: Uint8Array, from: number, to: number): void {
    for (const sent of splitRun(this.#options.context.commands, bytes, from, to)) {
      this.#ask(bytes.subarray(sent.from, sent.to), sent.traits);
    }
  }

  command(bytes: Uint8Array, index: number): void {
    const { commands } = this.#options.context;
    const args = argsOf(bytes);
    const traits = commands.traitsOf(index, () => args[1]?.toString('latin1') ?? '');
    const second = args[1]?.toString('latin1').toUpperCase();
    if (containerOf(traits.name) === 'CLIENT' && second === 'REPLY') {
      this.#answer(refusedByUs('CLIENT REPLY', 'a write is acknowledged only when replicas have it'));
      return;
    }
    if (traits.route === 'subscription') {
      const names = args.slice(1).map((arg) => arg.toString('latin1'));
      this.#guard();
      this.#confirming += confirmations(this.#subscriptions, traits.name, names);
      this.#asker.ask(bytes);
      return;
    }
    if (traits.name === 'MULTI') {
      // A WAIT inside would be one of its commands.
      this.#guard();
      this.#isInTransaction = true;
    }
    if (['EXEC', 'DISCARD', 'RESET'].includes(traits.name)) this.#isInTransaction = false;
    this.#ask(bytes, traits);
  }

  part(bytes: Uint8Array, index: number, isFirst: boolean, isLast: boolean): void {
    if (isFirst) {
      const traits = this.#options.context.commands.traitsOf(index, () => '');
      this.#owe(traits);
    }
    this.#isMidLarge = !isLast;
    this.#asker.ask(bytes);
  }

  violation(problem: string, rest?: Uint8Array): void {
    if (rest !== undefined) {
      // The relay, which has the beginning of that command, finds it too and answers in its place.
      this.#asker.ask(rest);
      return;
    }
    // The last that the relay hears.
    this.#guard();
    this.#options.context.counters.protocolErrors += 1;
    this.#answer(protocolError(problem));
    this.drain();
  }

  #ask(bytes: Uint8Array, traits: CommandTraits): void {
    this.#owe(traits);
    this.#asker.ask(bytes);
  }

  /** Of what a transaction is made of, only its end changes anything. */
  #owe({ isWrite }: CommandTraits): void {
    const isGuarded = isWrite && !this.#isInTransaction;
    this.#owed.push({ type: 'command', isGuarded });
    this.#isOpen ||= isGuarded;
  }

  #answer(reply: Uint8Array): void {
    this.#owed.push({ type: 'answer', reply });
    this.#takeOwn();
  }

  /** Behind what the client sent together. */
  #guard(): void {
    if (!this.#isOpen || this.#isInTransaction || this.#isMidLarge || this.#isClosed) return;
    this.#isOpen = false;
    this.#owed.push({ type: 'wait' });
    this.#asker.ask(this.#wait);
  }

  // ---- what the relay answers

  framed(frame: Uint8Array): void {
    if (this.#isClosed || this.#isPushed(frame)) return;
    const owed = this.#owed.shift();
    if (owed?.type === 'wait') this.#release(frame);
    else if (owed?.type === 'command') this.#take({ bytes: frame, isGuarded: owed.isGuarded });
    // One error answers all channels of a subscription.
    else if (this.#confirming > 0) {
      this.#confirming = 0;
      this.#options.client.write(frame);
    }
    this.#takeOwn();
  }

  #takeOwn(): void {
    for (let head = this.#owed[0]; head?.type === 'answer'; head = this.#owed[0]) {
      this.#owed.shift();
      this.#take({ bytes: head.reply, isGuarded: false });
    }
  }

  /** An error of a guarded command is its answer: the server says itself that nothing was done. */
  #take(reply: Held): void {
    if (this.#held.length === 0 && !reply.isGuarded) this.#options.client.write(reply.bytes);
    else this.#held.push(reply);
  }

  #release(waited: Uint8Array): void {
    this.#releaseFor(
      waited[0] === colon ? Number.parseInt(Buffer.from(waited).toString('latin1', 1), 10) : 0,
    );
  }

  /** So many replicas have it, as far as we know. */
  #releaseFor(count: number): void {
    const { rules, client, context } = this.#options;
    const held = this.#held;
    this.#held = [];
    if (count >= rules.replicas) {
      if (held.length > 0) client.write(Buffer.concat(held.map(({ bytes }) => bytes)));
      return;
    }
    const unknown = unguarded(count, rules, this.#options.lease());
    for (const { bytes, isGuarded } of held) {
      const isUnknown = isGuarded && !isError(bytes);
      if (isUnknown) context.counters.unknown += 1;
      client.write(isUnknown ? unknown : bytes);
    }
  }

  #isPushed(frame: Uint8Array): boolean {
    const isSubscriber = this.#confirming > 0 || subscriptionCount(this.#subscriptions) > 0;
    if (frame[0] !== push && !isSubscriber) return false;
    const pushed = readPushed(Buffer.from(frame.buffer, frame.byteOffset, frame.length));
    if (pushed.type === 'reply') return false;
    this.#options.client.write(frame);
    if (pushed.type !== 'confirmation') return true;
    const channels = pushed.channel === undefined ? [] : [pushed.channel];
    this.#subscriptions = afterSubscription(this.#subscriptions, pushed.name, channels);
    this.#confirming = Math.max(0, this.#confirming - 1);
    return true;
  }

  mayPass(first: number): boolean {
    const [head] = this.#owed;
    return this.#held.length === 0 && head?.type === 'command' && !head.isGuarded && first !== push;
  }

  passed(bytes: Uint8Array, isLast: boolean): void {
    this.#options.client.write(bytes);
    if (!isLast) return;
    this.#owed.shift();
    this.#takeOwn();
  }

  // ---- to and from the client

  paused(): void {
    this.#options.client.pause();
  }

  resumed(): void {
    this.#options.client.resume();
  }

  ended(isOrderly: boolean): void {
    if (!isOrderly) {
      this.close();
      return;
    }
    // No WAIT could go behind what was sent last.
    this.#releaseFor(0);
    this.#options.client.end();
  }
}

const unguarded = (count: number, { replicas, timeoutMs }: GuardRules, lease: Lease | undefined): Buffer => {
  const where = `server=${lease?.server ?? 'none'} epoch=${lease?.epoch?.join('.') ?? 'none'}`;
  return Buffer.from(
    `-OUTCOMEUNKNOWN ${where} executed, and a failover may lose it: ${count} of ${replicas} replicas had it within ${timeoutMs} ms (too few replicas)\r\n`,
  );
};
