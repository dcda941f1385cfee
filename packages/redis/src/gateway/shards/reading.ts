import type { ClientStream } from '@failover/core';
import type { GatewayLimits } from '../limits.ts';
import type { Lanes } from './lanes.ts';
import type { Turns } from './turns.ts';
import type { UnitLine } from './unit-line.ts';

export interface ReadingOptions {
  readonly client: ClientStream;
  readonly context: { readonly limits: GatewayLimits };
  readonly lanes: Pick<Lanes, 'inFlightBytes' | 'isPaused'>;
  readonly turns: Pick<Turns, 'size' | 'heldBytes'>;
  readonly line: Pick<UnitLine, 'size' | 'bytes'>;
}

/** Reads from the client no more than may wait here. */
export class Reading {
  readonly #options: ReadingOptions;
  #isPaused = false;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  pauseIfFull(): void {
    if (this.#isAbove(1)) this.pause();
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#options.client.pause();
  }

  /** Reads on if there is room again, here and at the shards, and the client reads too. */
  resume(): void {
    const { client, lanes } = this.#options;
    if (!this.#isPaused || client.writableNeedDrain || this.#isAbove(0.5) || lanes.isPaused) return;
    this.#isPaused = false;
    client.resume();
  }

  /** More waits than this share of what may. */
  #isAbove(share: number): boolean {
    const { context, lanes, line, turns } = this.#options;
    const { maxPendingBytes, maxPendingCommands } = context.limits;
    const bytes = line.bytes + lanes.inFlightBytes + turns.heldBytes;
    return bytes > maxPendingBytes * share || line.size + turns.size > maxPendingCommands * share;
  }
}
