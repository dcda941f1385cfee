import type { Lease } from '@failover/core';
import type { RedisConfig } from '../config.ts';
import { replay } from '../session/replay.ts';
import type { Session } from '../session/session.ts';
import type { GatewayContext } from './context.ts';
import type { Dialled } from './dial.ts';
import { dial } from './dial.ts';
import type { Credentials, ListenerRole } from './handshake.ts';
import { idIn } from './hello.ts';
import type { Identity } from './identity.ts';
import type { Origin } from './origin.ts';
import { createOrigin } from './origin.ts';
import type { Pending } from './pending.ts';
import { restoreWork } from './pending.ts';
import type { Pool } from './pool.ts';
import { createPool } from './pool.ts';
import type { Owner, Upstream } from './upstream.ts';
import { createUpstream } from './upstream.ts';

/** All that clients of one role have to reach servers with. */
export interface Door {
  /** Those that came and have not gone: each counts itself. */
  relays: number;
  readonly origin: Origin;
  readonly shared: Pool<Pending>;
  /** Connections of one client alone; each begins with what `session` gives. */
  openPinned(owner: Owner<Pending>, session: () => Session, onDrain: () => void): Pool<Pending>;
}

export interface DoorOptions {
  readonly context: GatewayContext;
  readonly config: RedisConfig;
  readonly shard: string;
  readonly role: ListenerRole;
  greeted(greeting: Extract<Dialled, { type: 'verified' }>['greeting']): void;
}

export function createDoor({ context, config, shard, role, greeted }: DoorOptions): Door {
  const { cluster, counters, limits, reports, runtime, scripts, tick } = context;
  const { connectTimeoutMs } = config;
  const isOfCluster = config.cluster.length > 0;
  const listener: Credentials = {
    ...(config.username === undefined ? {} : { username: config.username }),
    ...(config.password === undefined ? {} : { password: config.password }),
  };

  const common = {
    after: (ms: number, callback: () => void) => runtime.after(ms, callback),
    random: () => runtime.random(),
    dial: (lease: Lease, identity: Identity, done: (dialled: Dialled) => void) =>
      dial({ lease, identity, listener, role, isOfCluster, connectTimeoutMs, runtime }, (dialled) => {
        if (dialled.type === 'verified') greeted(dialled.greeting);
        reports.dialled(lease, dialled);
        done(dialled);
      }),
  };

  function adopt(
    lease: Lease,
    { socket, openedAt, greeting }: Extract<Dialled, { type: 'verified' }>,
    counter: 'sharedUpstreams' | 'pinnedUpstreams',
    closed: (upstream: Upstream<Pending>) => void,
    pinnedTo: { readonly pushOwner?: Owner<Pending>; readonly onDrain?: () => void } = {},
  ): Upstream<Pending> {
    counters[counter] += 1;
    return createUpstream<Pending>({
      ...pinnedTo,
      socket,
      lease,
      openedAt,
      idThere: idIn(greeting),
      maxWholeBytes: limits.maxWholeBytes,
      maxMessageBytes: Math.max(limits.maxWholeBytes, limits.maxUnreadBytes),
      tickNow: tick.now,
      atEndOfTick: tick.atEnd,
      onClosed(upstream, reason, isOurs, hadWork) {
        counters[counter] -= 1;
        closed(upstream);
        if (isOurs) return;
        scripts.forget(lease);
        // A server that closes an idle connection may only tidy up.
        if (hadWork) reports.failed(upstream, reason);
      },
    });
  }

  const shared: Pool<Pending> = createPool<Pending>({
    ...common,
    adopt: (lease, dialled) =>
      adopt(lease, dialled, 'sharedUpstreams', (upstream) => {
        shared.closed(upstream);
      }),
  });

  return {
    relays: 0,
    origin: createOrigin(cluster, shard, role, config),
    shared,
    openPinned(owner, session, onDrain) {
      const pinned: Pool<Pending> = createPool<Pending>({
        ...common,
        maxUpstreams: 1,
        adopt(lease, dialled) {
          const closed = (upstream: Upstream<Pending>): void => {
            pinned.closed(upstream);
          };
          const upstream = adopt(lease, dialled, 'pinnedUpstreams', closed, { pushOwner: owner, onDrain });
          const [known, own] = [scripts.load(lease, tick.now()), replay(session())];
          const replyCount = known.replyCount + own.replyCount;
          if (replyCount > 0) {
            const bytes = Buffer.concat([known.bytes, own.bytes]);
            upstream.send(owner, restoreWork(), bytes, 0, bytes.length, replyCount);
          }
          return upstream;
        },
      });
      return pinned;
    },
  };
}
