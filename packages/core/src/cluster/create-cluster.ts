import { Observable, Subject, Subscription } from 'rxjs';
import type { Adapter, Cluster, MemberList, Report, TargetStats } from '../adapter.ts';
import type { TopologyStore } from '../discover/topology-store.ts';
import { NotSentError } from '../errors.ts';
import type { HoldLimits, RetryBudgetLimits } from '../execute/index.ts';
import { defaultHoldLimits, defaultRetryBudget } from '../execute/index.ts';
import type {
  Effect,
  FailoverEvent,
  FailoverNews,
  Lease,
  Observation,
  TargetId,
  TopologyDescription,
} from '../model/index.ts';
import { emptyTopology, noClaim } from '../model/index.ts';
import type { ReduceLimits } from '../reduce/index.ts';
import { defaultReduceLimits, nextWake, reduce } from '../reduce/index.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { systemRuntime } from '../runtime/system.ts';
import { createAccounts } from './accounts.ts';
import { createAlarm } from './alarm.ts';
import { publishEvent } from './diagnostics.ts';
import { createHolds } from './holds.ts';
import { createLeases } from './leases.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { createPicks } from './picks.ts';
import { runOperation } from './run.ts';
import { rememberMembers } from './remember-members.ts';
import { signsOf } from './signs-of.ts';
import { senseStalls } from './stall-sensor.ts';
import { createWatches } from './watches.ts';

export interface ClusterOptions {
  readonly runtime?: Runtime;
  readonly hold?: Partial<HoldLimits>;
  readonly retryBudget?: Partial<RetryBudgetLimits>;
  readonly limits?: Partial<ReduceLimits>;
  /** Keeps last known members over a restart; nothing is written without one. */
  readonly store?: TopologyStore;
}

/**
 * The loop: report → rules → observations → reduce → effects. It starts with the first subscriber, listener or
 * waiting operation, is shared by all, and ends with the last one or on dispose.
 */
export function createCluster<C, R, S>(
  adapter: Adapter<C, R, S>,
  config: C,
  options: ClusterOptions = {},
): Cluster {
  const runtime = options.runtime ?? systemRuntime();
  const learnt = adapter.holdMs === undefined ? {} : { windowMs: adapter.holdMs(config) };
  const holdLimits = { ...defaultHoldLimits, ...learnt, ...options.hold };
  const limits: ReduceLimits = { ...defaultReduceLimits, giveUpMs: holdLimits.windowMs, ...options.limits };
  const topologies = new Subject<TopologyDescription>();
  const events = new Subject<FailoverEvent>();
  const listeners = new Map<TargetId, Set<() => void>>();
  const leases = createLeases();
  const picks = createPicks();
  const accounts = createAccounts({ ...defaultRetryBudget, ...options.retryBudget });
  const holds = createHolds(runtime, holdLimits, tell);
  const watches = createWatches(adapter, config, runtime, ingest, tell);

  let topology = emptyTopology(adapter.backend);
  let rulesState = adapter.rules.init(config);
  let users = 0;
  let isClosed = false;
  let discovery = new Subscription();
  // Effects call code that reports again; what it reports waits, so that one observation is done at a time.
  const enqueue = oneAtATime();
  const rulesAlarm = createAlarm(runtime, (at) => {
    enqueue(() => {
      observe(stepRules({ type: 'tick' }, at), at);
    });
  });
  const alarm = createAlarm(runtime, (at) => {
    enqueue(() => {
      observe([{ type: 'timePassed' }], at);
      alarm.set(nextWake(topology, limits));
    });
  });

  function tell(news: FailoverNews): void {
    const event = { at: runtime.now(), ...news };
    publishEvent(adapter.backend, event);
    events.next(event);
  }

  function ingest(report: Report<R>): void {
    enqueue(() => {
      const now = runtime.now();
      observe([...signsOf(report), ...stepRules(report, now)], now);
    });
  }

  function stepRules(input: Report<R> | { readonly type: 'tick' }, now: number): readonly Observation[] {
    const step = adapter.rules.step(rulesState, input, now);
    rulesState = step.state;
    rulesAlarm.set(step.wakeAt);
    return step.observations;
  }

  /** One batch: all is believed before anything is done, so that no effect acts on half of what one report said. */
  function observe(observations: readonly Observation[], now: number): void {
    if (users === 0) return;
    const before = topology;
    const news: FailoverNews[] = [];
    const effects: Effect[] = [];
    for (const observation of observations) {
      const reduction = reduce(topology, observation, now, limits);
      topology = reduction.topology;
      if (reduction.news.length > 0) news.push(...reduction.news);
      if (reduction.effects.length > 0) effects.push(...reduction.effects);
    }
    for (const effect of effects) perform(effect);
    for (const each of news) tell(each);
    if (topology === before) return;
    holds.drainAll();
    watches.follow(observations, news, before, topology);
    topologies.next(topology);
    callListeners(before);
    alarm.set(nextWake(topology, limits));
  }

  function perform(effect: Effect): void {
    switch (effect.type) {
      case 'fenceLeases':
        leases.fence(effect.target, effect.server, effect.reason);
        return;
      case 'drainHold':
        holds.drain(effect.target);
        return;
      case 'refuseHold':
        holds.refuse(effect.target, effect.reason);
        return;
      case 'forgetTarget':
        for (const keeper of [leases, holds, picks, accounts]) keeper.forget(effect.target, effect.reason);
        return;
    }
  }

  function callListeners(before: TopologyDescription): void {
    for (const [target, called] of listeners) {
      const hasChanged =
        before.targets.get(target) !== topology.targets.get(target) || before.servers !== topology.servers;
      if (hasChanged) for (const listener of called) listener();
    }
  }

  function start(): void {
    rulesState = adapter.rules.init(config);
    discovery = new Subscription();
    discovery.add(
      senseStalls(runtime, (forMs) => {
        tell({ type: 'ownStall', forMs });
      }),
    );
    enqueue(() => {
      observe(stepRules({ type: 'tick' }, runtime.now()), runtime.now());
    });
    discovery.add(adapter.discover(config, runtime).subscribe(learnMembers));
    if (options.store !== undefined) {
      discovery.add(rememberMembers(options.store, topology$, learnMembers, runtime.log));
    }
  }

  function learnMembers(list: MemberList): void {
    enqueue(() => {
      observe(
        [list.type === 'members' ? { ...list, type: 'membersSeen' } : { ...list, type: 'discoveryFailed' }],
        runtime.now(),
      );
    });
  }

  function stop(): void {
    discovery.unsubscribe();
    watches.close();
    alarm.set(undefined);
    rulesAlarm.set(undefined);
    leases.fenceAll('nobody watches any more');
    // The highest confirmed epochs outlive the monitors: belief starts again, the fence does not go back.
    const targets = [...topology.targets.values()].map(
      (target) =>
        [
          target.id,
          { ...target, state: 'discovering', since: runtime.now(), claim: noClaim, fence: target.fence + 1 },
        ] as const,
    );
    topology = { ...emptyTopology(adapter.backend), targets: new Map(targets) };
  }

  function acquire(): () => void {
    users += 1;
    if (users === 1 && !isClosed) start();
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      users -= 1;
      if (users === 0 && !isClosed) stop();
    };
  }

  const topology$ = new Observable<TopologyDescription>((subscriber) => {
    if (isClosed) {
      subscriber.complete();
      return undefined;
    }
    const release = acquire();
    subscriber.next(topology);
    subscriber.add(topologies.subscribe(subscriber));
    return release;
  });
  const events$ = new Observable<FailoverEvent>((subscriber) => {
    if (isClosed) {
      subscriber.complete();
      return undefined;
    }
    subscriber.add(events.subscribe(subscriber));
    return acquire();
  });

  function lease(target: TargetId, picker?: Parameters<Cluster['lease']>[1]): Lease | undefined {
    // Nobody overtakes those who wait.
    return holds.isWaiting(target) ? undefined : takeLease(target, picker);
  }

  function takeLease(target: TargetId, picker: Parameters<Cluster['lease']>[1]): Lease | undefined {
    const server = picks.pick(topology, target, picker);
    const description = topology.targets.get(target);
    return server === undefined || description === undefined ? undefined : leases.of(description, server);
  }

  const cluster: Cluster = {
    topology$,
    events$,
    get topology() {
      return topology;
    },
    lease,
    async hold(target, request, picker) {
      if (isClosed) throw new NotSentError('not executed: closed', { code: 'closed' });
      const release = acquire();
      try {
        const leased = lease(target, picker);
        if (leased !== undefined) return leased;
        if (topology.targets.get(target)?.state === 'unavailable') {
          throw new NotSentError(`not executed: nobody can be used for ${target} now`);
        }
        return await holds.wait(target, request, () => takeLease(target, picker));
      } finally {
        release();
      }
    },
    onChange(target, listener) {
      const release = acquire();
      const called = listeners.get(target) ?? new Set();
      listeners.set(target, called.add(listener));
      return () => {
        called.delete(listener);
        if (called.size === 0 && listeners.get(target) === called) listeners.delete(target);
        release();
      };
    },
    nextStep: (target, outcome, traits, deadline) =>
      accounts.decide(target, outcome, traits, deadline, runtime.now()),
    countOperations(target, outcome, count) {
      accounts.count(target, outcome, count, runtime.now());
    },
    reportUnknown(target, server, count, reason) {
      tell({ type: 'outcomesUnknown', target, server, count, reason });
    },
    reportResent(target, server, count, reason) {
      tell({ type: 'operationsResent', target, server, count, reason });
    },
    reportGap(target, server, subscriptions, from) {
      tell({ type: 'subscriptionGap', target, server, subscriptions, from, to: runtime.now() });
    },
    reportSlow(target, address, unreadBytes, count) {
      tell({ type: 'slowClientsClosed', target, address, unreadBytes, count });
    },
    async run(operation, runOptions) {
      const release = acquire();
      try {
        return await runOperation(adapter, cluster, runtime, operation, {
          timeoutMs: holdLimits.windowMs,
          ...runOptions,
        });
      } finally {
        release();
      }
    },
    report(report) {
      // The data path speaks the adapter's own replies; core only hands them on.
      ingest(report as Report<R>);
    },
    get stats() {
      return new Map<TargetId, TargetStats>(
        [...topology.targets.keys()].map((target) => [
          target,
          {
            outcomes: accounts.outcomes(target),
            resent: accounts.resent(target),
            hold: holds.counts(target),
          },
        ]),
      );
    },
    async [Symbol.asyncDispose]() {
      if (isClosed) return;
      isClosed = true;
      holds.close();
      if (users > 0) stop();
      topologies.complete();
      events.complete();
    },
  };
  return cluster;
}
