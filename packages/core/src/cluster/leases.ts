import { setMaxListeners } from 'node:events';
import { FailoverError } from '../errors.ts';
import type { EndpointId, Lease, TargetDescription, TargetId } from '../model/index.ts';

interface Granted {
  readonly lease: Lease;
  readonly revoke: AbortController;
}

/** One prebuilt lease for each target and server, until it is fenced. */
export interface Leases {
  of(target: TargetDescription, server: EndpointId): Lease;
  fence(target: TargetId, server: EndpointId, reason: string): void;
  fenceAll(reason: string): void;
  /** All of a target that is gone. */
  forget(target: TargetId, reason: string): void;
}

export function createLeases(): Leases {
  const granted = new Map<TargetId, Map<EndpointId, Granted>>();

  function fence(target: TargetId, server: EndpointId, reason: string): void {
    const held = granted.get(target)?.get(server);
    if (held === undefined) return;
    granted.get(target)?.delete(server);
    held.revoke.abort(
      new FailoverError('fenced', `${server} may not be used for ${target} any more: ${reason}`),
    );
  }

  function forget(target: TargetId, reason: string): void {
    for (const server of [...(granted.get(target)?.keys() ?? [])]) fence(target, server, reason);
    granted.delete(target);
  }

  return {
    of(target, server) {
      const held = granted.get(target.id)?.get(server);
      if (held !== undefined) return held.lease;
      const revoke = new AbortController();
      // Each connection of the server listens: many is no leak.
      setMaxListeners(0, revoke.signal);
      const lease: Lease = {
        target: target.id,
        server,
        fence: target.fence,
        epoch: target.epoch,
        fenced: revoke.signal,
      };
      const ofTarget = granted.get(target.id) ?? new Map<EndpointId, Granted>();
      granted.set(target.id, ofTarget.set(server, { lease, revoke }));
      return lease;
    },
    fence,
    forget,
    fenceAll(reason) {
      for (const target of [...granted.keys()]) forget(target, reason);
    },
  };
}
