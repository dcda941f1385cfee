import { decodeMethod } from '../protocol/decode.ts';
import { methodFrame } from '../protocol/encode.ts';
import { frameType } from '../protocol/frame.ts';
import type { Method } from '../protocol/methods.ts';
import { replyCode } from '../protocol/reply-code.ts';
import { isReply } from '../protocol/traits.ts';
import type { Connection } from './connection.ts';
import { takeUpstreamId } from './connection.ts';
import { allBack, closing } from './frames.ts';

/** How a call of ours ended. `at` is the method that was not done; all before it were. */
export type CallEnd =
  | { readonly type: 'done' }
  | { readonly type: 'closed'; readonly at: number; readonly code: number; readonly text: string }
  | { readonly type: 'silent'; readonly at: number };

/**
 * Asks the node on a channel of our own, so that what it refuses costs no channel of the client. Calls back once, no
 * later than `withinMs`, which may be Infinity; not at all if the connection to the node is lost first. What is not
 * answered by then is left to the node, which does it some day, and only then is the channel closed: a close that waits
 * behind it would give what it takes to the next one at once.
 */
export function callNode(
  connection: Connection,
  methods: readonly Method[],
  withinMs: number,
  done: (end: CallEnd) => void,
): void {
  const { upstream, upstreamChannels } = connection;
  /** How many are done; -1 until the channel is open. */
  let at = -1;
  let isTold = false;
  const consumes = methods.some(({ name }) => name === 'basic.consume');
  const id = takeUpstreamId(connection, undefined, { type: 'call', onFrame, consumes });
  if (id === undefined || upstream === undefined) {
    done({ type: 'silent', at: 0 });
    return;
  }
  const channel = id;

  function send(method: Method): void {
    const bytes = methodFrame(channel, method);
    upstream?.append(bytes, 0, bytes.length);
  }

  /** As far as a consumer: nobody may cancel one before it is there. */
  function sendFrom(first: number): void {
    for (const method of methods.slice(first)) {
      send({ ...method, ...('nowait' in method ? { nowait: false } : {}) });
      if (method.name === 'basic.consume') return;
    }
  }

  function tell(end: CallEnd): void {
    if (isTold) return;
    isTold = true;
    done(end);
  }

  function onFrame(bytes: Buffer, from: number, to: number): void {
    if (bytes[from] !== frameType.method) return;
    const reply = decodeMethod(bytes, from, to);
    if (reply.name === 'channel.close') {
      send({ name: 'channel.close-ok' });
      upstreamChannels.delete(channel);
      tell({ type: 'closed', at: Math.max(at, 0), code: reply.replyCode, text: reply.replyText });
      return;
    }
    // A message for a consumer is no answer.
    if (isReply(reply.name)) at += 1;
    if (reply.name === 'basic.consume-ok') sendFrom(at);
    if (at < methods.length) return;
    if (consumes) send({ name: 'basic.nack', ...allBack });
    send({ name: 'channel.close', ...closing(replyCode.success, 'done') });
    upstreamChannels.set(channel, { type: 'abandoned' });
    tell({ type: 'done' });
  }

  send({ name: 'channel.open' });
  sendFrom(0);
  if (withinMs === Infinity) return;
  connection.after(withinMs, () => {
    if (connection.upstream === upstream) tell({ type: 'silent', at: Math.max(at, 0) });
  });
}
