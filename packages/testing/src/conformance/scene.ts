import { createCluster, claimHolder, type Cluster, type TargetDescription } from '@failover/core';
import type { Heal } from '../network/index.ts';
import type { ConformanceSubject } from './subject.ts';
import type { RunningTestbed } from './testbed.ts';
import { track, type Tracked } from './tracked.ts';

/** A cluster under test, watched by one subscriber until it is closed. */
export interface Watched<C, R, S> extends Tracked<C, R, S>, AsyncDisposable {
  readonly cluster: Cluster;
}

/** What a check works with. */
export interface Scene<C = unknown, R = unknown, S = unknown> {
  readonly subject: ConformanceSubject<C, R, S>;
  readonly testbed: RunningTestbed;
  readonly config: C;
  readonly recoveryMs: number;
  /** A cluster that nobody has subscribed to. */
  create(): Tracked<C, R, S> & { readonly cluster: Cluster };
  watch(): Watched<C, R, S>;
  /** @throws Error that says what did not come to be */
  until(what: string, condition: () => boolean | Promise<boolean>, limitMs?: number): Promise<void>;
  /** Lets time pass until the promise settles, and gives what it gave. */
  settle<T>(what: string, promise: Promise<T>, limitMs?: number): Promise<T>;
  /** A target that can be used, by the primary that the testbed itself sees if the backend has one. */
  steady(cluster: Cluster): Promise<TargetDescription>;
  /** Breaks a member for as long as `during` takes, and waits until the cluster is healthy again. */
  during(type: 'kill' | 'hang', member: string, during: () => Promise<void>): Promise<void>;
}

/** ms between two looks at a condition. */
const lookMs = 20;

export function createScene<C, R, S>(
  subject: ConformanceSubject<C, R, S>,
  testbed: RunningTestbed,
): Scene<C, R, S> {
  const { recoveryMs = 30_000, clusterOptions } = subject;
  const { runtime } = testbed;
  const config = subject.adapter.config.parse(testbed.config);

  async function until(
    what: string,
    condition: () => boolean | Promise<boolean>,
    limitMs = recoveryMs,
  ): Promise<void> {
    const deadline = runtime.now() + limitMs;
    while (!(await condition())) {
      if (runtime.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
      await testbed.wait(lookMs);
    }
  }

  async function settle<T>(what: string, promise: Promise<T>, limitMs?: number): Promise<T> {
    let isSettled = false;
    const mark = (): void => {
      isSettled = true;
    };
    promise.then(mark, mark);
    await until(what, () => isSettled, limitMs);
    return promise;
  }

  function create() {
    const tracked = track(subject.adapter, runtime);
    const cluster = createCluster(tracked.adapter, config, { ...clusterOptions, runtime: tracked.runtime });
    return { ...tracked, cluster };
  }

  return {
    subject,
    testbed,
    config,
    recoveryMs,
    create,
    watch() {
      const created = create();
      const subscription = created.cluster.topology$.subscribe();
      return {
        ...created,
        async [Symbol.asyncDispose]() {
          subscription.unsubscribe();
          await created.cluster[Symbol.asyncDispose]();
        },
      };
    },
    until,
    settle,
    async steady(cluster) {
      let found: TargetDescription | undefined;
      await until('a steady target, led by the primary that the testbed sees', async () => {
        const primary = await testbed.primary?.();
        found = [...cluster.topology.targets.values()].find(
          ({ state, claim }) =>
            state === 'steady' && (testbed.primary === undefined || claimHolder(claim) === primary),
        );
        return found !== undefined;
      });
      return found as TargetDescription;
    },
    async during(type, member, during) {
      let heal: Heal | undefined;
      try {
        heal = await testbed.inject({ type, member });
        await during();
      } finally {
        await heal?.();
        await testbed.settled();
      }
    },
  };
}
