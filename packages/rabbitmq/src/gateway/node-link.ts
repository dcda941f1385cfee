import type { Lease, Ms } from '@failover/core';
import { isTransientClose } from '../protocol/close-reason.ts';
import { encodeMethod } from '../protocol/encode.ts';
import type { Tuned } from '../protocol/login.ts';
import type { Arguments } from '../protocol/methods.ts';
import { replyCode } from '../protocol/reply-code.ts';
import type { ClientClosing } from './client-closing.ts';
import type { ClientOpening } from './client-opening.ts';
import type { Connection } from './connection.ts';
import { isEnding } from './connection.ts';
import { propertiesFor } from './greeting.ts';
import { hangUp, hangUpWith } from './hang-up.ts';
import { hearNode } from './hear-node.ts';
import type { Identity } from './identity.ts';
import { moveAway, moveTo } from './move-channels.ts';
import { tuningFor } from './node-tuning.ts';
import { redialAfterMs } from './redial-pace.ts';
import type { KnownProperties } from './server-properties.ts';
import type { Spare } from './spare.ts';
import type { StayBehind } from './stay-behind.ts';
import { mustStay, stayBehind } from './stay-behind.ts';
import { takeLease } from './take-lease.ts';
import { createSpareTrial } from './try-spare.ts';
import { secretUpdated } from './update-secret.ts';
import type { Upstream, UpstreamEnd } from './upstream.ts';
import { openUpstream } from './upstream.ts';

/** A client's connection to a node, one after the other. */
export interface NodeLink {
  /** The one that is being opened, or is open. */
  readonly upstream: Upstream | undefined;
  /** What the node that the client was authenticated at offers, as long as the client's own opening goes by it. */
  readonly offered: Tuned | undefined;
  /** Finds a node and connects to it, unless that is done or under way. */
  dial(): void;
  /** Where the client is authenticated already, or at any node. */
  open(vhost: string): void;
  /** Heartbeats, both ways. */
  beat(now: Ms): void;
  /** Does the node owe anything for too long? */
  lookForSilence(now: Ms): void;
  leave(): void;
  /** Leaves, and waits for no other node. */
  end(): void;
}

export interface NodeLinkOptions {
  readonly opening: Pick<ClientOpening, 'authenticated' | 'opened'>;
  readonly closing: Pick<ClientClosing, 'close' | 'refusedByNode' | 'nodeIsGone'>;
  readonly properties: KnownProperties;
  /** How many clients there are, so that they do not all dial at once. */
  crowd(): number;
}

type State =
  | { readonly type: 'none' }
  /** Waits for a lease. */
  | { readonly type: 'dialling' }
  | { readonly type: 'dialled'; readonly upstream: Upstream };

const none: State = { type: 'none' };

export function createNodeLink(connection: Connection, options: NodeLinkOptions): NodeLink {
  const { gateway } = connection;
  const { cluster, config, counters, runtime, target } = gateway;
  const { opening, closing } = options;
  const stop = new AbortController();
  let state: State = none;
  let offered: Tuned | undefined;
  let failures = 0;
  let lastServer: Lease['server'] | undefined;
  let staying: StayBehind | undefined;

  // A second connection, while the first owes an answer for too long.
  const trial = createSpareTrial(connection, {
    open() {
      const lease = cluster.lease(target);
      const { identity } = connection;
      return lease === undefined || identity === undefined ? undefined : openOn(lease, identity);
    },
    promote,
    crowd: options.crowd,
  });

  function dialled(): Upstream | undefined {
    return state.type === 'dialled' ? state.upstream : undefined;
  }

  async function dial(): Promise<void> {
    if (state.type !== 'none' || isEnding(connection)) return;
    state = { type: 'dialling' };
    try {
      const lease = await takeLease(connection, lastServer, stop.signal);
      state = none;
      connect(lease);
    } catch (cause) {
      state = none;
      if (stop.signal.aborted) return;
      // Nobody for the whole hold window. Whoever is being opened is told; whoever is open waits on.
      if (connection.phase !== 'running') {
        const why = cause instanceof Error ? cause.message : String(cause);
        closing.close(replyCode.connectionForced, `CONNECTION_FORCED - failover: ${why}`);
      } else again();
    }
  }

  function again(): void {
    const ms = redialAfterMs(failures, options.crowd(), runtime.random);
    failures += 1;
    if (ms === 0) void dial();
    else connection.after(ms, () => void dial());
  }

  function connect(lease: Lease): void {
    const { identity } = connection;
    if (identity === undefined || isEnding(connection)) return;
    lastServer = lease.server;
    const upstream = openOn(lease, identity);
    state = { type: 'dialled', upstream };
    if (connection.isClientBehind) upstream.pause();
  }

  function openOn(lease: Lease, { credentials, properties }: Identity): Upstream {
    counters.upstreams += 1;
    const upstream: Upstream = openUpstream({
      lease,
      credentials,
      clientProperties: propertiesFor(properties),
      config,
      runtime,
      events: {
        onAuthenticated(offer, serverProperties) {
          options.properties.learn(serverProperties);
          if (upstream === dialled()) offered = offer;
          const { vhost } = connection;
          if (connection.phase === 'authenticating') opening.authenticated(offer);
          else if (vhost !== undefined) upstream.open(vhost, tuningFor(connection, offer));
        },
        onOpen() {
          if (trial.isOn(upstream)) trial.opened();
          else ready(upstream);
        },
        onFrame(bytes, from, to) {
          if (staying?.upstream === upstream) return staying.hear(bytes, from, to);
          if (!trial.isOn(upstream)) return hearNode(connection, ending, bytes, from, to);
          trial.hear(bytes, from, to);
          return true;
        },
        onEnd(how) {
          counters.upstreams -= 1;
          if (staying?.upstream === upstream) staying.ended();
          else if (trial.isOn(upstream)) trial.ended();
          else lost(upstream, how);
        },
        onDrain: connection.onHeld,
      },
    });
    return upstream;
  }

  function ready(upstream: Upstream, taken: ReadonlySet<number> = new Set()): void {
    failures = 0;
    opening.opened();
    if (connection.owesSecretOk) secretUpdated(connection);
    moveTo(connection, upstream, taken);
  }

  function promote({ upstream, taken }: Spare): void {
    if (isEnding(connection)) {
      hangUp(connection, upstream, 'not needed');
      return;
    }
    if (connection.isClientBehind) upstream.pause();
    const { upstream: silent } = connection;
    if (silent !== undefined) hangUpWith(connection, silent);
    state = { type: 'dialled', upstream };
    moveAway(connection, 'it did not answer, while a new connection is answered', true);
    if (isEnding(connection)) return;
    lastServer = upstream.lease.server;
    ready(upstream, taken);
  }

  function closedByNode(close: Arguments<'connection.close'>): void {
    const { upstream } = connection;
    if (upstream === undefined) return;
    hangUpWith(connection, upstream, encodeMethod(0, 'connection.close-ok', {}));
    const { replyCode: code, replyText: text } = close;
    if (isTransientClose(code, text)) {
      left(`${code} ${text}`, false);
      return;
    }
    // The client did what the node would not take: its own words, to be answered by the client.
    state = none;
    connection.upstream = undefined;
    closing.close(code, text, close);
  }

  /** It has answered that it closes, as the client wished: it waits for us to end the connection. */
  function closedForClient(): void {
    const { upstream } = connection;
    if (upstream !== undefined) hangUpWith(connection, upstream);
    state = none;
    connection.upstream = undefined;
    closing.nodeIsGone();
  }

  const ending = { onClose: closedByNode, onClosed: closedForClient };

  function lost(upstream: Upstream, how: UpstreamEnd): void {
    if (dialled() !== upstream) return;
    if (how.type === 'refused' && !isTransientClose(how.code, how.text) && !/\bis down\b/.test(how.text)) {
      state = none;
      closing.refusedByNode(how.code, how.text);
      return;
    }
    const reason = how.type === 'refused' ? `${how.code} ${how.text}` : how.reason;
    if (how.type === 'failed') {
      const member = { endpoint: upstream.lease.server, kind: 'data' } as const;
      cluster.report({ type: 'failed', member, openedAt: upstream.openedAt, reason });
    }
    left(reason, how.type === 'fenced');
  }

  function left(reason: string, mayHang: boolean): void {
    // First: what is lost may end the client, and there is no node to leave any more.
    state = none;
    moveAway(connection, reason, mayHang);
    trial.close();
    // What the node did not take is not waited for any more.
    connection.onHeld();
    const { phase } = connection;
    if (phase !== 'tuning' && phase !== 'opening') offered = undefined;
    if (isEnding(connection)) closing.nodeIsGone();
    // In `tuning` the next one is dialled once the client says what it wants there.
    else if (phase !== 'tuning') again();
  }

  function leave(): void {
    trial.close();
    const upstream = dialled();
    if (upstream === undefined) return;
    if (mustStay(connection)) staying = stayBehind(connection, upstream, () => (staying = undefined));
    else hangUp(connection, upstream, 'the client is gone');
    state = none;
    connection.upstream = undefined;
  }

  return {
    get upstream() {
      return dialled();
    },
    get offered() {
      return offered;
    },
    dial: () => void dial(),
    open(vhost) {
      const upstream = dialled();
      if (upstream !== undefined && offered !== undefined)
        upstream.open(vhost, tuningFor(connection, offered));
      else void dial();
    },
    beat(now) {
      dialled()?.beat(now);
    },
    lookForSilence: trial.look,
    leave,
    end() {
      stop.abort();
      leave();
    },
  };
}
