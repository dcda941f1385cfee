import type { ClientStream } from '@failover/core';
import { isListening } from '../session/session.ts';
import type { ClientState } from './client-state.ts';
import type { GatewayContext } from './context.ts';
import type { Flight } from './flight.ts';
import type { Line } from './line.ts';
import type { Pending } from './pending.ts';
import type { Upstream } from './upstream.ts';

export interface ClientSideOptions {
  readonly client: ClientStream;
  readonly context: Pick<GatewayContext, 'limits'>;
  readonly state: Readonly<ClientState>;
  readonly line: Line;
  readonly flight: Pick<Flight, 'answers' | 'bytes' | 'count' | 'isClosed'>;
  readonly route: { readonly upstream: Upstream<Pending> | undefined };
  /** It does not read what it asked for. */
  tooSlow(): void;
}

/** Backpressure both ways between us and one client, and the end of it. */
export class ClientSide {
  isPaused = false;
  readonly #options: ClientSideOptions;
  /** From which nothing is read until the client has read what it has. */
  #held: Upstream<Pending> | undefined;
  #isEnded = false;

  constructor(options: ClientSideOptions) {
    this.#options = options;
    options.client.on('drain', () => {
      const held = this.#held;
      this.#held = undefined;
      held?.goOn();
      this.resume();
    });
    options.client.on('error', ignored);
  }

  /** The client did not take all that was written to it. */
  blocked(): void {
    const { client, context } = this.#options;
    const { maxUnreadBytes } = context.limits;
    const unreadBytes = client.writableLength;
    if (unreadBytes > maxUnreadBytes) {
      this.#options.tooSlow();
      return;
    }
    this.pause();
    // Not at once: what one read of a fast client is late by is not worth a connection of its own.
    if (unreadBytes > maxUnreadBytes / 4) this.#held = this.#holdBack() ?? this.#held;
  }

  /** We have enough of what it asks. */
  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.#options.client.pause();
  }

  /** Reads on, if there is room again and the client reads too. */
  resume(): void {
    const { client } = this.#options;
    if (!this.isPaused || client.writableNeedDrain || !this.#hasRoom()) return;
    this.isPaused = false;
    client.resume();
  }

  /** It was told everything. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { client, flight } = this.#options;
    client.end();
    // Else its end would not be seen. In process it may be closed by that.
    if (!flight.isClosed) client.resume();
  }

  #hasRoom(): boolean {
    const { context, flight, line, route } = this.#options;
    const { maxPendingBytes, maxPendingCommands } = context.limits;
    const { last } = line;
    // A large command is passed on as fast as the server takes it.
    if (last?.type === 'large' && last.bytes > 0)
      return last.bytes <= maxPendingBytes && route.upstream?.isCongested !== true;
    return flight.count <= maxPendingCommands / 2 && line.bytes + flight.bytes <= maxPendingBytes / 2;
  }

  /** The connection that waits with a client that reads more slowly than we are answered, if one can. */
  #holdBack(): Upstream<Pending> | undefined {
    const { flight, route, state } = this.#options;
    // Of messages the server would keep no more than we do, and then close us in place of the client.
    if (isListening(state.session)) return undefined;
    return route.upstream?.holdBack(flight.answers) === true ? route.upstream : undefined;
  }
}

/** The close that follows says it all. */
const ignored = (): undefined => undefined;
