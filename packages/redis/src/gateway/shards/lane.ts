import type { ClientStream } from '@failover/core';
import { createReplyScanner } from '../../protocol/scan.ts';
import type { Subscriptions } from '../../session/subscriptions.ts';
import { noSubscriptions } from '../../session/subscriptions.ts';
import type { Relay } from '../relay.ts';
import type { Owed, Turn } from './owed.ts';

export interface LaneEvents {
  /** One whole reply or push. */
  framed(lane: Lane, frame: Uint8Array): void;
  /** All that came was told. */
  wasRead(): void;
  /** May the reply that comes go on in parts? Then each part goes to `passed`, the last one with `isLast`. */
  mayPass(lane: Lane, first: number): boolean;
  passed(lane: Lane, bytes: Uint8Array, isLast: boolean): void;
  /** The relay has enough of what it is asked, or has room again. */
  paused(): void;
  resumed(): void;
  /** The relay has ended its client, after all was answered or in the middle: so must we. */
  ended(lane: Lane, isOrderly: boolean): void;
  readonly isClientBehind: boolean;
  readonly unreadBytes: number;
}

type Listener = (chunk: Buffer) => void;

/** Of replies that are not whole: beyond it they are passed on in parts, where that can be. */
const maxCarryBytes = 64 * 1024;

/** One client's connection to one shard: a relay serves it as it serves any client. */
export class Lane implements ClientStream {
  readonly shard: string;
  /** Commands without an answer, in the order in which they were asked. */
  readonly owed: Owed[] = [];
  /** Its last answer, which may still wait for those of other shards. */
  answered: Turn | undefined;
  subscriptions: Subscriptions = noSubscriptions;
  isPaused = false;
  #relay: Relay | undefined;
  readonly #events: LaneEvents;
  readonly #scanner = createReplyScanner();
  #carry: Uint8Array[] = [];
  #carryBytes = 0;
  #isPassing = false;
  #isClosed = false;
  readonly #onData: Listener[] = [];
  readonly #onDrain: (() => void)[] = [];
  readonly #onClose: (() => void)[] = [];

  constructor(shard: string, events: LaneEvents) {
    this.shard = shard;
    this.#events = events;
  }

  serve(relay: Relay): void {
    this.#relay = relay;
  }

  ask(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    for (const listener of this.#onData) listener(bytes as Buffer);
  }

  /** The client reads again. */
  drained(): void {
    for (const listener of this.#onDrain) listener();
  }

  /** The client is gone. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#relay?.close();
    for (const listener of this.#onClose) listener();
  }

  // ---- what the relay takes for its client's socket

  on(event: string, listener: Listener & (() => void)): void {
    if (event === 'data') this.#onData.push(listener);
    else if (event === 'drain') this.#onDrain.push(listener);
    else if (event === 'close') this.#onClose.push(listener);
  }

  write(bytes: Uint8Array): boolean {
    let from = 0;
    while (from < bytes.length && !this.#isClosed) {
      this.#scanner.scan(bytes, from, 1, false);
      const isWhole = this.#scanner.count === 1;
      const end = isWhole ? this.#scanner.wholeEnd : bytes.length;
      this.#take(from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end), isWhole);
      from = end;
    }
    if (!this.#isClosed) this.#events.wasRead();
    return !this.#events.isClientBehind;
  }

  #take(bytes: Uint8Array, isLast: boolean): void {
    const [begin = bytes] = this.#carry;
    if (!this.#isPassing && !isLast && this.#carryBytes + bytes.length > maxCarryBytes) {
      this.#isPassing = this.#events.mayPass(this, begin[0] as number);
    }
    if (this.#isPassing) {
      const parts = this.#carry;
      this.#forget();
      this.#isPassing = !isLast;
      for (const part of parts) this.#events.passed(this, part, false);
      this.#events.passed(this, bytes, isLast);
      return;
    }
    if (!isLast) {
      this.#carry.push(bytes);
      this.#carryBytes += bytes.length;
      return;
    }
    const frame = this.#carryBytes > 0 ? Buffer.concat([...this.#carry, bytes]) : bytes;
    this.#forget();
    this.#events.framed(this, frame);
  }

  #forget(): void {
    this.#carry = [];
    this.#carryBytes = 0;
  }

  get writableLength(): number {
    return this.#events.unreadBytes;
  }

  get writableNeedDrain(): boolean {
    return this.#events.isClientBehind;
  }

  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.#events.paused();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.#events.resumed();
  }

  end(): void {
    this.#end(true);
  }

  destroy(): void {
    this.#end(false);
  }

  #end(isOrderly: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#events.ended(this, isOrderly);
    for (const listener of this.#onClose) listener();
  }
}
