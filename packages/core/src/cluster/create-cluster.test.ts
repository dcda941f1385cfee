import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Observable, of, concat, NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Adapter, Pace, Report } from '../adapter.ts';
import type { TopologyStore } from '../discover/index.ts';
import type { FailoverEvent, Member } from '../model/index.ts';
import { endpoint, target, targetId } from '../model/index.ts';
import type { Picker } from '../select/index.ts';
import type { VirtualRuntime } from '../runtime/virtual.ts';
import { virtualRuntime } from '../runtime/virtual.ts';
import { createCluster } from './create-cluster.ts';

const one = endpoint('one:1');
const two = endpoint('two:1');
const peers = targetId('ring', 'peer');
const read = { isIdempotent: true, isWrite: false, isPinned: false };
const write = { isIdempotent: false, isWrite: true, isPinned: false };

interface World {
  readonly adapter: Adapter<undefined, 'hello'>;
  /** Who answers now. */
  readonly up: Set<string>;
  readonly watched: Map<string, { pace: Pace; starts: number; isWatched: boolean }>;
  throwOnce: string | undefined;
}

/** Peers that are asked each 100 ms, so that everything that happens is in these few lines. */
function ring(...members: readonly (typeof one)[]): World {
  const up = new Set<string>(members);
  const watched: World['watched'] = new Map();
  const world: World = {
    up,
    watched,
    throwOnce: undefined,
    adapter: {
      contract: 1,
      backend: 'ring',
      config: { schema: {}, parse: () => undefined },
      discover: () =>
        concat(
          of({
            type: 'members' as const,
            source: 'config',
            isFresh: true,
            members: members.map((each): Member => ({ endpoint: each, kind: 'data' })),
          }),
          NEVER,
        ),
      watch: (member, _config, pace$, runtime) =>
        new Observable<Report<'hello'>>((subscriber) => {
          const seen = watched.get(member.endpoint) ?? { pace: 'idle', starts: 0, isWatched: false };
          watched.set(member.endpoint, seen);
          seen.starts += 1;
          seen.isWatched = true;
          const paces = pace$.subscribe((pace) => (seen.pace = pace));
          let stop = (): void => undefined;
          const ask = (): void => {
            if (world.throwOnce === member.endpoint) {
              world.throwOnce = undefined;
              subscriber.error(new Error('a bug in the monitor'));
              return;
            }
            subscriber.next(
              up.has(member.endpoint)
                ? { type: 'said', member, openedAt: 1, reply: 'hello' }
                : { type: 'failed', member, openedAt: runtime.now(), reason: 'refused' },
            );
            stop = runtime.after(100, ask);
          };
          stop = runtime.after(1, ask);
          return () => {
            seen.isWatched = false;
            paces.unsubscribe();
            stop();
          };
        }),
      rules: {
        init: () => undefined,
        step: (state, input) => ({
          state,
          observations:
            input.type === 'tick'
              ? [{ type: 'targetSeen', target: target('ring', 'peer') }]
              : input.type === 'said'
                ? [{ type: 'roleSeen', server: input.member.endpoint, shard: 'ring', role: 'peer' }]
                : [],
        }),
      },
      classify: (failure) =>
        failure.type === 'notWritten'
          ? { type: 'notSent', reason: failure.reason }
          : failure.type === 'errorReply'
            ? { type: 'refused', code: failure.code, isRoleRefusal: false }
            : { type: 'unknown', reason: failure.type },
    },
  };
  return world;
}

const gone = (openedAt: number): Report<'hello'> => ({
  type: 'failed',
  member: { endpoint: one, kind: 'data' },
  openedAt,
  reason: 'gone',
});

/** Its target is no more when somebody reports that it is `gone`. */
function leaving(adapter: World['adapter']): World['adapter'] {
  const { rules } = adapter;
  return {
    ...adapter,
    rules: {
      ...rules,
      step: (state, input, now) =>
        input.type === 'failed' && input.reason === 'gone'
          ? { state, observations: [{ type: 'targetGone', target: peers }] }
          : rules.step(state, input, now),
    },
  };
}

async function steady(runtime: VirtualRuntime, cluster: ReturnType<typeof createCluster>): Promise<void> {
  await runtime.until(() => cluster.topology.targets.get(peers)?.state === 'steady', 1000);
}

describe('topology$ and events$', () => {
  it('replay the current value and share one monitor among subscribers', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const world = ring(one);
    const cluster = createCluster(world.adapter, undefined, { runtime });
    const first = cluster.topology$.subscribe();
    await steady(runtime, cluster);
    const states: (string | undefined)[] = [];
    const second = cluster.topology$.subscribe((topology) => states.push(topology.targets.get(peers)?.state));
    expect(states).toEqual(['steady']);
    expect(world.watched.get(one)?.starts).toBe(1);
    first.unsubscribe();
    expect(world.watched.get(one)?.isWatched).toBe(true);
    second.unsubscribe();
    expect(world.watched.get(one)?.isWatched).toBe(false);
    expect(runtime.pendingTimers).toBe(0);
  });

  it('start again for a later subscriber, and complete when the cluster is closed', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const world = ring(one);
    const cluster = createCluster(world.adapter, undefined, { runtime });
    cluster.topology$.subscribe().unsubscribe();
    let isComplete = false;
    cluster.topology$.subscribe({ complete: () => (isComplete = true) });
    await steady(runtime, cluster);
    expect(world.watched.get(one)?.starts).toBe(2);
    await cluster[Symbol.asyncDispose]();
    expect(isComplete).toBe(true);
    expect(runtime.pendingTimers).toBe(0);
    expect(() => cluster.topology$.subscribe()).not.toThrow();
  });

  it('say what happened, also on the diagnostics channel', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const world = ring(one);
    const cluster = createCluster(world.adapter, undefined, { runtime });
    const heard: FailoverEvent['type'][] = [];
    const told: unknown[] = [];
    const listen = (message: unknown): void => {
      told.push(message);
    };
    subscribe('failover:event', listen);
    cluster.events$.subscribe((event) => heard.push(event.type));
    await steady(runtime, cluster);
    unsubscribe('failover:event', listen);
    expect(heard).toEqual(['memberAdded', 'availabilityChanged', 'roleChanged', 'stateChanged']);
    expect(told).toHaveLength(heard.length);
    expect(told[0]).toMatchObject({ backend: 'ring', event: { type: 'memberAdded', server: one } });
    await cluster[Symbol.asyncDispose]();
  });

  it('tell that our own process stood still', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const cluster = createCluster(ring(one).adapter, undefined, { runtime });
    const stalls: number[] = [];
    cluster.events$.subscribe((event) => {
      if (event.type === 'ownStall') stalls.push(event.forMs);
    });
    await steady(runtime, cluster);
    runtime.stall(3000);
    await runtime.advance(200);
    expect(stalls).toHaveLength(1);
    expect(stalls[0]).toBeGreaterThan(2800);
    await cluster[Symbol.asyncDispose]();
  });
});

describe('monitors', () => {
  it('that throw run again within a quarter of a second (25)', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const world = ring(one);
    const cluster = createCluster(world.adapter, undefined, { runtime });
    const events: FailoverEvent[] = [];
    cluster.events$.subscribe((event) => events.push(event));
    await steady(runtime, cluster);
    world.throwOnce = one;
    await runtime.advance(400);
    expect(world.watched.get(one)).toMatchObject({ starts: 2, isWatched: true });
    expect(events).toContainEqual(expect.objectContaining({ type: 'monitorRestarted', server: one }));
    await cluster[Symbol.asyncDispose]();
  });

  it('ask more often while a target has nobody', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const world = ring(one);
    const cluster = createCluster(world.adapter, undefined, { runtime });
    cluster.topology$.subscribe();
    await steady(runtime, cluster);
    expect(world.watched.get(one)?.pace).toBe('idle');
    world.up.delete(one);
    await runtime.advance(300);
    expect(world.watched.get(one)?.pace).toBe('alert');
    await cluster[Symbol.asyncDispose]();
  });
});

describe('an operation', () => {
  it('waits for a server and runs on it', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const cluster = createCluster(ring(one, two).adapter, undefined, { runtime });
    const done = cluster.run(
      { name: 'get', traits: read, attempt: (lease) => Promise.resolve({ type: 'ok', value: lease.server }) },
      { target: peers },
    );
    await runtime.advance(50);
    expect([one, two]).toContain(await done);
    await cluster[Symbol.asyncDispose]();
  });

  it('that is not idempotent and unknown is told so, with its server, and tried once (7)', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const cluster = createCluster(ring(one).adapter, undefined, { runtime });
    let attempts = 0;
    const done = cluster
      .run(
        {
          name: 'increment',
          traits: write,
          attempt: () => {
            attempts += 1;
            return Promise.resolve({ type: 'failed', failure: { type: 'connectionLost', reason: 'reset' } });
          },
        },
        { target: peers },
      )
      .catch((error: unknown) => error);
    await runtime.advance(5000);
    expect(await done).toMatchObject({ code: 'outcome-unknown', operation: 'increment', server: one });
    expect(attempts).toBe(1);
    await cluster[Symbol.asyncDispose]();
  });

  it('that was not sent is tried again with growing pauses until its deadline, no busy loop (20)', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const cluster = createCluster(ring(one).adapter, undefined, { runtime });
    let attempts = 0;
    const done = cluster
      .run(
        {
          name: 'get',
          traits: read,
          attempt: () => {
            attempts += 1;
            return Promise.resolve({ type: 'failed', failure: { type: 'notWritten', reason: 'refused' } });
          },
        },
        { target: peers, timeoutMs: 5000 },
      )
      .catch((error: unknown) => error);
    await runtime.advance(5001);
    expect(await done).toMatchObject({ code: 'not-sent' });
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThan(20);
    await cluster[Symbol.asyncDispose]();
  });

  it('that never settles by itself is cut off at its deadline as unknown (6)', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const cluster = createCluster(ring(one).adapter, undefined, { runtime });
    const done = cluster
      .run(
        { name: 'increment', traits: write, attempt: () => new Promise(() => undefined) },
        { target: peers, timeoutMs: 700 },
      )
      .catch((error: unknown) => error);
    await runtime.advance(701);
    expect(await done).toMatchObject({ code: 'outcome-unknown' });
    await cluster[Symbol.asyncDispose]();
  });

  it('that is given up by its caller leaves the hold at once', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const world = ring(one);
    world.up.clear();
    const cluster = createCluster(world.adapter, undefined, { runtime });
    cluster.topology$.subscribe();
    const giveUp = new AbortController();
    const done = cluster
      .run(
        { name: 'get', traits: read, attempt: () => Promise.resolve({ type: 'ok', value: 1 }) },
        { target: peers, signal: giveUp.signal },
      )
      .catch((error: unknown) => error);
    await runtime.advance(100);
    expect(cluster.stats.get(peers)?.hold.waiting).toBe(1);
    giveUp.abort();
    expect(await done).toMatchObject({ code: 'not-sent' });
    expect(cluster.stats.get(peers)?.hold).toMatchObject({ waiting: 0, cancelled: 1 });
    await cluster[Symbol.asyncDispose]();
  });

  it('that waits for a target is told when that is gone, and nothing is kept of it', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const world = ring(one);
    const cluster = createCluster(leaving(world.adapter), undefined, { runtime });
    cluster.topology$.subscribe();
    await steady(runtime, cluster);
    const lease = cluster.lease(peers);
    cluster.countOperations(peers, 'ok', 3);
    world.up.clear();
    await runtime.until(() => cluster.lease(peers) === undefined, 1000);
    const waiting = cluster.hold(peers, { bytes: 0, count: 1 }).catch((error: unknown) => error);
    cluster.report(gone(runtime.now()));
    expect(await waiting).toMatchObject({
      code: 'not-sent',
      message: expect.stringContaining('ring/peer is gone') as string,
    });
    expect(lease?.fenced.aborted).toBe(true);
    expect(cluster.topology.targets.size).toBe(0);
    await cluster[Symbol.asyncDispose]();
  });

  it('under way ends when its target is gone', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const cluster = createCluster(leaving(ring(one).adapter), undefined, { runtime });
    cluster.topology$.subscribe();
    await steady(runtime, cluster);
    const lease = cluster.lease(peers);
    expect(lease?.fenced.aborted).toBe(false);
    cluster.report(gone(runtime.now()));
    expect(lease?.fenced.reason).toMatchObject({
      message: expect.stringContaining('ring/peer is gone') as string,
    });
    await cluster[Symbol.asyncDispose]();
  });

  it('[28] beyond the bound of the hold is refused at once, and those who wait keep their place (13)', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const world = ring(one);
    world.up.clear();
    const cluster = createCluster(world.adapter, undefined, { runtime, hold: { maxCount: 2 } });
    cluster.topology$.subscribe();
    await runtime.advance(10);
    const outcomes: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      cluster.hold(peers, { bytes: 1, count: 1 }).then(
        () => outcomes.push(`${name} served`),
        (error: { readonly code: string }) => outcomes.push(`${name} ${error.code}`),
      );
    }
    await runtime.advance(10);
    expect(outcomes).toEqual(['third hold-full']);
    world.up.add(one);
    await runtime.advance(500);
    expect(outcomes.slice(1)).toEqual(['first served', 'second served']);
    await cluster[Symbol.asyncDispose]();
  });

  it('that waits when the cluster is closed is settled then', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const world = ring(one);
    world.up.clear();
    const cluster = createCluster(world.adapter, undefined, { runtime });
    cluster.topology$.subscribe();
    const done = cluster.hold(peers, { bytes: 1, count: 1 }).catch((error: unknown) => error);
    await runtime.advance(10);
    await cluster[Symbol.asyncDispose]();
    expect(await done).toMatchObject({ code: 'closed' });
  });
});

describe('a picker of the asker’s own', () => {
  /** Two answers, and is no member of the target that is asked for. */
  function standIn() {
    const runtime = virtualRuntime({ seed: 1 });
    const world = ring(one, two);
    const { rules } = world.adapter;
    const adapter: typeof world.adapter = {
      ...world.adapter,
      rules: {
        ...rules,
        step: (state, input, now) =>
          input.type !== 'tick' && input.member.endpoint === two
            ? { state, observations: [] }
            : rules.step(state, input, now),
      },
    };
    const picker: Picker = {
      name: 'two',
      compile: ({ servers }) => (servers.get(two)?.availability === 'up' ? () => two : () => undefined),
    };
    world.up.clear();
    const cluster = createCluster(adapter, undefined, { runtime, hold: { windowMs: 5000 } });
    cluster.topology$.subscribe();
    return { runtime, world, cluster, picker };
  }
  const asked = { bytes: 0, count: 1 };

  it('may pick who is no member, also when the target is given up', async () => {
    const { runtime, world, cluster, picker } = standIn();
    world.up.add(two);
    await runtime.advance(10_000);
    expect(cluster.topology.targets.get(peers)?.state).toBe('unavailable');
    expect(cluster.lease(peers, picker)?.server).toBe(two);
    expect((await cluster.hold(peers, asked, picker)).server).toBe(two);
    await expect(cluster.hold(peers, asked)).rejects.toMatchObject({ code: 'not-sent' });
    await cluster[Symbol.asyncDispose]();
  });

  it('lets those who wait go as soon as it picks somebody', async () => {
    const { runtime, world, cluster, picker } = standIn();
    let server: string | undefined;
    void cluster.hold(peers, asked, picker).then((lease) => (server = lease.server));
    await runtime.advance(500);
    expect(cluster.stats.get(peers)?.hold.waiting).toBe(1);
    world.up.add(two);
    await runtime.advance(200);
    expect(server).toBe(two);
    expect(cluster.topology.targets.get(peers)?.state).toBe('discovering');
    await cluster[Symbol.asyncDispose]();
  });
});

describe('last known members', () => {
  function memory(members: readonly Member[]): TopologyStore & { saved: readonly Member[] } {
    return {
      saved: [],
      load: () => Promise.resolve(members),
      save(known) {
        this.saved = known;
        return Promise.resolve();
      },
    };
  }

  it('are a hint when every seed is gone, and lapse when the seeds answer', async () => {
    const runtime = virtualRuntime({ seed: 1 });
    const world = ring(one);
    const store = memory([{ endpoint: two, kind: 'data' }]);
    world.up.add(two);
    world.up.delete(one);
    const cluster = createCluster(world.adapter, undefined, { runtime, store });
    cluster.topology$.subscribe();
    await steady(runtime, cluster);
    expect(cluster.lease(peers)?.server).toBe(two);
    world.up.add(one);
    await runtime.advance(500);
    expect([...cluster.topology.servers.keys()]).toEqual([one]);
    expect(store.saved).toEqual([{ endpoint: one, kind: 'data' }]);
    await cluster[Symbol.asyncDispose]();
  });
});
