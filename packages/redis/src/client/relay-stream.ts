import { EventEmitter } from 'node:events';
import { minus } from '../protocol/marks.ts';

/** One in-process client, as the relay sees it. */
export interface RelaySession {
  /** Whole commands in the order in which the client wrote them. The bytes are the session's to keep. */
  requests(bytes: Buffer): void;
  /**
   * `redis.disconnect()`. Answer what cannot be waited for (blocked, held), let the rest of what is in flight
   * be answered, then close the stream. ioredis itself gives up after `disconnectTimeout` and destroys.
   */
  leave(): void;
  /** Answer everything still unanswered, now: ioredis sends again, or forgets, what a closed stream leaves open. */
  abandon(): void;
}

const slabBytes = 64 * 1024;
/** Above this a Buffer goes on by reference: copying it costs more than one more write. */
const copyLimitBytes = 8 * 1024;

/**
 * What ioredis takes for its socket. Not a `stream.Duplex`: ioredis uses these members only, never reads
 * the result of `write` and never listens for 'drain', so a Duplex would cost its queues for nothing.
 */
export class RelayStream extends EventEmitter {
  readonly connecting = false;
  readonly remoteAddress = 'failover';
  readonly remotePort = undefined;
  writable = true;
  destroyed = false;
  private readonly session: RelaySession;
  private slab = Buffer.allocUnsafeSlow(slabBytes);
  private flushedTo = 0;
  private filledTo = 0;
  private isFlushDue = false;
  private isClosed = false;
  private closeWith: { readonly error: Error | undefined } | undefined;
  /** ioredis is in the middle of writing a command or of decoding replies. */
  private isBusy = false;
  private late: Buffer[] = [];
  private readonly flushDue = (): void => {
    this.isFlushDue = false;
    this.flush();
  };

  constructor(open: (stream: RelayStream) => RelaySession) {
    super();
    this.session = open(this);
  }

  /** One whole command, or one whole pipeline. */
  write(data: string | Buffer): boolean {
    if (!this.writable) return false;
    if (!this.isFlushDue) {
      // All commands of a tick leave together; alone, a command waits for less than a microsecond.
      this.isFlushDue = true;
      process.nextTick(this.flushDue);
    }
    if (typeof data === 'string') this.appendText(data);
    else this.appendBytes(data);
    return true;
  }

  private appendText(text: string): void {
    // A UTF-16 unit is at most three bytes of UTF-8.
    if (text.length * 3 > this.slab.length - this.filledTo) {
      const bytes = Buffer.byteLength(text);
      if (bytes > copyLimitBytes) return this.pass(Buffer.from(text));
      if (bytes > this.slab.length - this.filledTo) this.nextSlab();
    }
    this.filledTo += this.slab.write(text, this.filledTo, 'utf8');
  }

  private appendBytes(bytes: Buffer): void {
    if (bytes.length > copyLimitBytes) return this.pass(bytes);
    if (bytes.length > this.slab.length - this.filledTo) this.nextSlab();
    this.filledTo += bytes.copy(this.slab, this.filledTo);
  }

  private pass(bytes: Buffer): void {
    this.flush();
    this.request(bytes);
  }

  private nextSlab(): void {
    this.flush();
    // Never used twice: the session keeps slices of the old one for as long as it needs them.
    this.slab = Buffer.allocUnsafeSlow(slabBytes);
    this.flushedTo = this.filledTo = 0;
  }

  private flush(): void {
    if (this.filledTo === this.flushedTo) return;
    const bytes = this.slab.subarray(this.flushedTo, this.filledTo);
    this.flushedTo = this.filledTo;
    this.request(bytes);
  }

  private request(bytes: Buffer): void {
    const wasBusy = this.isBusy;
    // ioredis queues a command only after writing it: an answer given meanwhile must wait.
    this.isBusy = true;
    this.session.requests(bytes);
    this.isBusy = wasBusy;
  }

  /**
   * Whole replies. May be called at any time. Errors, and what is answered while ioredis is writing, come in the next
   * turn of the event loop: a caller that tries again at once would else keep sockets and timers from their turn.
   */
  deliver(replies: Buffer): void {
    if (this.isBusy || this.late.length > 0 || replies[0] === minus) {
      if (this.late.push(replies) === 1) setImmediate(() => this.deliverLate());
    } else this.emitReplies(replies);
  }

  private deliverLate(): void {
    const { late } = this;
    const [first] = late;
    this.late = [];
    if (first !== undefined) this.emitReplies(late.length === 1 ? first : Buffer.concat(late));
    if (this.closeWith !== undefined) this.emitClose(this.closeWith.error);
  }

  private emitReplies(replies: Buffer): void {
    if (this.isClosed) return;
    // Listeners of 'message' and `reconnectOnError` run inside the decoder, which cannot be entered twice.
    this.isBusy = true;
    this.emit('data', replies);
    this.isBusy = false;
  }

  /** The relay is done with this client: QUIT is answered, or it left and all is settled. */
  close(error?: Error): void {
    if (this.destroyed) return;
    this.writable = false;
    this.destroyed = true;
    this.closeWith = { error };
    // Never while `end` or `destroy` run, and after replies that are late.
    process.nextTick(() => {
      if (this.late.length === 0) this.emitClose(error);
    });
  }

  private emitClose(error: Error | undefined): void {
    if (this.isClosed || this.late.length > 0) return;
    this.isClosed = true;
    if (error) this.emit('error', error);
    this.emit('close', error !== undefined);
  }

  end(): this {
    if (!this.writable) return this;
    this.writable = false;
    this.flush();
    // Called by a listener, it is called while the relay tells of a reply.
    if (this.isBusy) process.nextTick(() => this.session.leave());
    else this.session.leave();
    return this;
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.writable = false;
    this.flush();
    if (this.isBusy) process.nextTick(() => this.leaveNow(error));
    else this.leaveNow(error);
    return this;
  }

  private leaveNow(error: Error | undefined): void {
    this.session.abandon();
    this.close(error);
  }

  /** ioredis calls these on its socket; what they mean belongs to the relay's own upstream. */
  resume(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
}
