/** One half of a connection. `toServer` carries requests, `toClient` replies. */
export type Direction = 'toServer' | 'toClient';

/** What can happen to the connections through one proxy. */
export type NetworkFault =
  /** Nobody listens: a new connection is refused by the kernel. Open ones stay. */
  | { readonly type: 'refused' }
  /** Open connections are reset (RST), and so is each new one right after it was accepted. */
  | { readonly type: 'reset' }
  /** Nothing arrives, not even the end of a connection. With one direction only: a one-way partition. */
  | { readonly type: 'blackHole'; readonly direction?: Direction | 'both' }
  /** Bytes arrive later, or no faster than so many a second. */
  | {
      readonly type: 'slow';
      readonly direction?: Direction | 'both';
      readonly latencyMs?: number;
      readonly bytesPerSecond?: number;
    }
  /**
   * The server has dropped the open connections and the clients are not told: they send into nothing.
   * Healing tells them by a reset. New connections work, as after a reboot.
   */
  | { readonly type: 'halfOpen' }
  /** Open connections end (FIN) in one direction and go on in the other. Nothing heals it. */
  | { readonly type: 'halfClose'; readonly direction: Direction }
  /** Each connection is reset after so many more bytes in this direction, and not one byte later. */
  | { readonly type: 'cutAfter'; readonly direction: Direction; readonly bytes: number }
  /**
   * The server executes, and its reply never arrives: the whole reply with this index (0 is the next one,
   * counted over all connections) is swallowed and its connection reset. Happens once.
   */
  | { readonly type: 'loseReply'; readonly index: number }
  /** Reset and refusing for `downMs`, well for `upMs`, and so on, beginning down. */
  | { readonly type: 'flapping'; readonly upMs: number; readonly downMs: number };

/** What the faults in force together do to one direction. */
export interface PipeConditions {
  readonly isHeld: boolean;
  readonly latencyMs: number;
  /** Infinity if nothing limits it. */
  readonly bytesPerSecond: number;
}

/** Latencies add up, the lowest rate wins. */
export function conditionsFor(direction: Direction, faults: Iterable<NetworkFault>): PipeConditions {
  let isHeld = false;
  let latencyMs = 0;
  let bytesPerSecond = Infinity;
  for (const fault of faults) {
    if (fault.type !== 'blackHole' && fault.type !== 'slow') continue;
    const { direction: affected = 'both' } = fault;
    if (affected !== 'both' && affected !== direction) continue;
    if (fault.type === 'blackHole') {
      isHeld = true;
    } else {
      latencyMs += fault.latencyMs ?? 0;
      bytesPerSecond = Math.min(bytesPerSecond, fault.bytesPerSecond ?? Infinity);
    }
  }
  return { isHeld, latencyMs, bytesPerSecond };
}
