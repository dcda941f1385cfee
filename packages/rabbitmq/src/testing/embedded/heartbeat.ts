import type { Cancel } from '@failover/core';

export interface HeartbeatOptions {
  /** What was negotiated, above 0. */
  readonly intervalS: number;
  after(ms: number, callback: () => void): Cancel;
  beat(): void;
  /** Nothing is read at present, and so nothing can be heard. */
  isDeaf(): boolean;
  /** Nothing came for two intervals. */
  onSilence(): void;
}

export interface Heartbeat {
  readonly sent: () => void;
  readonly heard: () => void;
  readonly stop: () => void;
}

/** Sends when nothing else was sent for half an interval; looks once in an interval whether anything came. */
export function startHeartbeat({ intervalS, after, beat, isDeaf, onSilence }: HeartbeatOptions): Heartbeat {
  let hasSent = false;
  let hasHeard = true;
  let missed = 0;
  let cancelSend: Cancel = () => undefined;
  let cancelCheck: Cancel = () => undefined;

  function send(): void {
    if (!hasSent) beat();
    hasSent = false;
    cancelSend = after(intervalS * 500, send);
  }

  function check(): void {
    missed = hasHeard || isDeaf() ? 0 : missed + 1;
    hasHeard = false;
    if (missed >= 2) onSilence();
    else cancelCheck = after(intervalS * 1_000, check);
  }

  cancelSend = after(intervalS * 500, send);
  cancelCheck = after(intervalS * 1_000, check);
  return {
    sent: () => (hasSent = true),
    heard: () => (hasHeard = true),
    stop() {
      cancelSend();
      cancelCheck();
    },
  };
}
