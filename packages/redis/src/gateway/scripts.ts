import type { Lease, Ms } from '@failover/core';
import { encodeCommand } from '../protocol/encode.ts';
import { createRequestDecoder } from '../protocol/decode-request.ts';

/**
 * Scripts that clients sent in full. A server forgets them when it ends and its replicas never had them, while a
 * client whose connection stands goes on to call them by their hash: inside MULTI that fails the call for good.
 */
export interface KnownScripts {
  /** An EVAL or SCRIPT command that goes to the server of `lease`. */
  sent(bytes: Uint8Array, lease: Lease, now: Ms): void;
  /** It closed a connection: perhaps it was started again, and knows nothing. */
  forget(lease: Lease): void;
  /** The frames that load what this server may not know. Called for each connection that may call scripts. */
  load(lease: Lease, now: Ms): { readonly bytes: Buffer; readonly replyCount: number };
}

interface Script {
  readonly body: Buffer;
  /** When it was first sent in full to the server of a lease. */
  readonly sentAt: WeakMap<Lease, Ms>;
}

/** Scripts kept; the one that was not sent for the longest time goes first. */
const maxScripts = 1000;
const maxBytes = 4 * 1024 * 1024;
/** ms in which other connections load a script too: what was sent on one has perhaps not arrived. */
const arrivalMs = 1000;

export function createKnownScripts(): KnownScripts {
  const scripts = new Map<string, Script>();
  let bytesKept = 0;

  function remember(body: Buffer, lease: Lease, now: Ms): void {
    const key = body.toString('latin1');
    const known = scripts.get(key);
    if (known !== undefined) scripts.delete(key);
    else bytesKept += body.length;
    const script = known ?? { body: Buffer.from(body), sentAt: new WeakMap<Lease, Ms>() };
    if (!script.sentAt.has(lease)) script.sentAt.set(lease, now);
    scripts.set(key, script);
    for (const [oldest, { body: old }] of scripts) {
      if (scripts.size <= maxScripts && bytesKept <= maxBytes) break;
      scripts.delete(oldest);
      bytesKept -= old.length;
    }
  }

  return {
    sent(bytes, lease, now) {
      const [args = []] = createRequestDecoder().feed(bytes);
      const [name = '', first = '', second] = args.map((arg, at) =>
        at < 2 ? arg.toString('latin1').toUpperCase() : arg,
      );
      if (name === 'SCRIPT') {
        if (first === 'FLUSH') {
          scripts.clear();
          bytesKept = 0;
        } else if (first === 'LOAD' && Buffer.isBuffer(second)) remember(second, lease, now);
      } else if (args[1] !== undefined) remember(args[1], lease, now);
    },
    forget(lease) {
      for (const { sentAt } of scripts.values()) sentAt.delete(lease);
    },
    load(lease, now) {
      const frames: Buffer[] = [];
      for (const { body, sentAt } of scripts.values()) {
        const at = sentAt.get(lease);
        if (at !== undefined && now - at > arrivalMs) continue;
        if (at === undefined) sentAt.set(lease, now);
        frames.push(encodeCommand(['SCRIPT', 'LOAD', body]));
      }
      return { bytes: Buffer.concat(frames), replyCount: frames.length };
    },
  };
}
