import type { Cluster, EndpointId, Ms, TargetId } from '@failover/core';
import { subscriptionCount } from '../session/subscriptions.ts';
import { forgetAll } from '../session/tracking.ts';
import type { ClientState } from './client-state.ts';

/** What a client misses while its own connection is gone: messages, and word that what it keeps is old. */
export interface Unwatched {
  /** The connection is gone. What the client keeps of answers is emptied at once. */
  begin(now: Ms): void;
  /** All subscriptions were confirmed again: the gap is told. */
  restored(server: EndpointId): void;
  /** Its cache is emptied once more when what it waits for is answered: nobody watched over that either. */
  readonly owesForgetting: boolean;
  settled(): void;
}

export interface UnwatchedOptions {
  readonly cluster: Pick<Cluster, 'reportGap'>;
  readonly target: TargetId;
  readonly state: Readonly<ClientState>;
  push(bytes: Uint8Array): void;
}

export function createUnwatched({ cluster, target, state, push }: UnwatchedOptions): Unwatched {
  let from: Ms | undefined;

  /** RESP2 has no word for it, and its clients do not track without one. */
  function forget(): void {
    if (state.identity.resp === 3) push(forgetAll);
  }

  const unwatched = {
    owesForgetting: false,
    begin(now: Ms) {
      if (subscriptionCount(state.session.subscriptions) > 0) from ??= now;
      if (state.session.tracking === undefined) return;
      forget();
      unwatched.owesForgetting = true;
    },
    restored(server: EndpointId) {
      const since = from;
      const subscriptions = subscriptionCount(state.session.subscriptions);
      from = undefined;
      if (since !== undefined && subscriptions > 0) cluster.reportGap(target, server, subscriptions, since);
    },
    settled() {
      if (!unwatched.owesForgetting) return;
      unwatched.owesForgetting = false;
      forget();
    },
  };
  return unwatched;
}
