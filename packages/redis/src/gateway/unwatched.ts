import type { Cluster, EndpointId, Ms, TargetId } from '@failover/core';
import { subscriptionCount } from '../session/subscriptions.ts';
import { forgetAll } from '../session/tracking.ts';
import type { ClientState } from './client-state.ts';

/** What a client misses while its own connection is gone: messages, and word that what it keeps is old. */
export class Unwatched {
  /** Its cache is emptied once more when what it waits for is answered: nobody watched over that either. */
  owesForgetting = false;
  #from: Ms | undefined;
  readonly #state: Readonly<ClientState>;
  readonly #client: { push(bytes: Uint8Array): void };

  constructor(state: Readonly<ClientState>, client: { push(bytes: Uint8Array): void }) {
    this.#state = state;
    this.#client = client;
  }

  /** Since when its subscriptions are with nobody, if they are. */
  get since(): Ms | undefined {
    return this.#from;
  }

  /** The connection is gone. What the client keeps of answers is emptied at once. */
  begin(now: Ms): void {
    const { subscriptions, tracking } = this.#state.session;
    if (subscriptionCount(subscriptions) > 0) this.#from ??= now;
    if (tracking === undefined) return;
    this.#forget();
    this.owesForgetting = true;
  }

  /** All subscriptions were confirmed again: the gap is told. */
  restored(cluster: Pick<Cluster, 'reportGap'>, target: TargetId, server: EndpointId): void {
    const from = this.#from;
    const subscriptions = subscriptionCount(this.#state.session.subscriptions);
    this.#from = undefined;
    if (from !== undefined && subscriptions > 0) cluster.reportGap(target, server, subscriptions, from);
  }

  settled(): void {
    if (!this.owesForgetting) return;
    this.owesForgetting = false;
    this.#forget();
  }

  /** RESP2 has no word for it, and its clients do not track without one. */
  #forget(): void {
    if (this.#state.identity.resp === 3) this.#client.push(forgetAll);
  }
}
