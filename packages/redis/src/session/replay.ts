import { encodeCommand } from '../protocol/encode.ts';
import type { Session } from './session.ts';
import type { SubscriptionKind } from './subscriptions.ts';

export interface Replay {
  readonly bytes: Buffer;
  /** Replies and confirmations that the server sends, and the client must not see. */
  readonly replyCount: number;
}

const subscribe: Readonly<Record<SubscriptionKind, string>> = {
  channel: 'SUBSCRIBE',
  pattern: 'PSUBSCRIBE',
  shard: 'SSUBSCRIBE',
};

/** Channels in one command: a subscriber of 10,000 channels shall not be one frame of megabytes. */
const channelsPerCommand = 500;

/**
 * The frames that set a session up again on another server. What cannot be: an open transaction, watched keys.
 * The name goes along so that an operator who looks at the server's own client list sees whose connection it is.
 */
export function replay(session: Session): Replay {
  const frames: Buffer[] = [];
  let replyCount = 0;
  if (session.clientName !== '') {
    frames.push(encodeCommand(['CLIENT', 'SETNAME', session.clientName]));
    replyCount += 1;
  }
  if (session.tracking !== undefined) {
    frames.push(encodeCommand(session.tracking.map((word) => Buffer.from(word, 'latin1'))));
    replyCount += 1;
  }
  if (session.isMonitoring) {
    frames.push(encodeCommand(['MONITOR']));
    replyCount += 1;
  }
  // Last, since their last confirmation says that all stands.
  for (const kind of ['channel', 'pattern', 'shard'] as const) {
    const channels = [...session.subscriptions[kind].keys()].map((channel) => Buffer.from(channel, 'latin1'));
    // In a cluster, shard channels of one command must be of one slot.
    const step = kind === 'shard' ? 1 : channelsPerCommand;
    for (let at = 0; at < channels.length; at += step) {
      frames.push(encodeCommand([subscribe[kind], ...channels.slice(at, at + step)]));
    }
    replyCount += channels.length;
  }
  return { bytes: Buffer.concat(frames), replyCount };
}
