import type { ClientStream, Ms } from '@failover/core';
import { createReplyScanner } from '../protocol/scan.ts';
import type { Relay } from './relay.ts';

export interface FramedEvents {
  /** One whole reply or push. */
  framed(frame: Uint8Array): void;
  /** May the reply that comes go on in parts? Then each part goes to `passed`, the last one with `isLast`. */
  mayPass(first: number): boolean;
  passed(bytes: Uint8Array, isLast: boolean): void;
  /** All that came together was told. */
  wasRead?(): void;
  /** The relay has enough of what it is asked, or has room again. */
  paused(): void;
  resumed(): void;
  /** The relay has ended its client, after all was answered or in the middle: so must we. */
  ended(isOrderly: boolean): void;
}

type Listener = (chunk: Buffer) => void;

/** Of replies that are not whole: beyond it they are passed on in parts, where that can be. */
const maxCarryBytes = 64 * 1024;

/** A client in memory, which a relay serves as any other. What it is answered is told reply by reply. */
export class FramedStream implements ClientStream {
  isPaused = false;
  /** For whom all this is: what it has not read, nobody has. */
  readonly #client: Pick<ClientStream, 'writableLength' | 'writableNeedDrain'>;
  readonly #events: FramedEvents;
  #relay: Pick<Relay, 'close' | 'hungUp' | 'unheardSince'> | undefined;
  readonly #scanner = createReplyScanner();
  #carry: Uint8Array[] = [];
  #carryBytes = 0;
  #isPassing = false;
  #isClosed = false;
  readonly #onData: Listener[] = [];
  readonly #onDrain: (() => void)[] = [];
  readonly #onClose: (() => void)[] = [];

  constructor(client: Pick<ClientStream, 'writableLength' | 'writableNeedDrain'>, events: FramedEvents) {
    this.#client = client;
    this.#events = events;
  }

  /** It is served by this relay, which ends with it. */
  servedBy(relay: Pick<Relay, 'close' | 'hungUp' | 'unheardSince'>): void {
    this.#relay = relay;
  }

  /** Since when its subscriptions are with nobody, if they are. */
  get unheardSince(): Ms | undefined {
    return this.#relay?.unheardSince;
  }

  ask(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    for (const listener of this.#onData) listener(bytes as Buffer);
  }

  /** The client reads again. */
  drained(): void {
    for (const listener of this.#onDrain) listener();
  }

  /** The client asks nothing more. */
  hungUp(): void {
    this.#relay?.hungUp();
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
    if (!this.#isClosed) this.#events.wasRead?.();
    return !this.#client.writableNeedDrain;
  }

  #take(bytes: Uint8Array, isLast: boolean): void {
    const [begin = bytes] = this.#carry;
    if (!this.#isPassing && !isLast && this.#carryBytes + bytes.length > maxCarryBytes) {
      this.#isPassing = this.#events.mayPass(begin[0] as number);
    }
    if (this.#isPassing) {
      const parts = this.#carry;
      this.#forget();
      this.#isPassing = !isLast;
      for (const part of parts) this.#events.passed(part, false);
      this.#events.passed(bytes, isLast);
      return;
    }
    if (!isLast) {
      this.#carry.push(bytes);
      this.#carryBytes += bytes.length;
      return;
    }
    const frame = this.#carryBytes > 0 ? Buffer.concat([...this.#carry, bytes]) : bytes;
    this.#forget();
    this.#events.framed(frame);
  }

  #forget(): void {
    this.#carry = [];
    this.#carryBytes = 0;
  }

  get writableLength(): number {
    return this.#client.writableLength;
  }

  get writableNeedDrain(): boolean {
    return this.#client.writableNeedDrain;
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
    this.#events.ended(isOrderly);
    for (const listener of this.#onClose) listener();
  }
}
