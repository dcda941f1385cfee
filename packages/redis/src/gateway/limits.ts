/** Bounds of one client connection and of what it may ask of a shared one. */
export interface GatewayLimits {
  /** A larger command gets a connection of its own, where nobody waits behind it. Default 64 KiB. */
  readonly maxSharedBytes: number;
  /** A larger command or reply is passed on while it arrives instead of whole. Default 1 MiB. */
  readonly maxWholeBytes: number;
  /** Bytes that one client may have waiting or unanswered; beyond it we stop reading from it. Default 1 MiB. */
  readonly maxPendingBytes: number;
  /**
   * Commands that one client may have unanswered; beyond it we stop reading from it, since others wait behind them.
   * Default 1,000.
   */
  readonly maxPendingCommands: number;
  /** Bytes of one client that may wait for their turn; beyond it a command is refused. Default 16 MiB. */
  readonly maxLineBytes: number;
  /**
   * Replies and messages that a client does not read; beyond it the client is closed, as Redis does. A larger message
   * is not waited for either. From a quarter of it on its server waits with further replies, if nobody else waits for
   * that server behind them. Default 8 MiB.
   */
  readonly maxUnreadBytes: number;
  /** ms that a connection of a client's own stays open without work. Default 30,000. */
  readonly pinnedIdleMs: number;
}

export const defaultGatewayLimits: GatewayLimits = {
  maxSharedBytes: 64 * 1024,
  maxWholeBytes: 1024 * 1024,
  maxPendingBytes: 1024 * 1024,
  maxPendingCommands: 1000,
  maxLineBytes: 16 * 1024 * 1024,
  maxUnreadBytes: 8 * 1024 * 1024,
  pinnedIdleMs: 30_000,
};
