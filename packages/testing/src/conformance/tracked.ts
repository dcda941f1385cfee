import type { Adapter, Runtime } from '@failover/core';
import { Observable } from 'rxjs';
import { snapshot } from './snapshot.ts';

/** What is open at this moment. */
export interface OpenThings {
  discoveries: number;
  /** Monitors, by address. */
  readonly watches: ReadonlyMap<string, number>;
  timers: number;
  connections: number;
}

export interface Tracked<C, R, S> {
  readonly adapter: Adapter<C, R, S>;
  readonly runtime: Runtime;
  readonly open: OpenThings;
  readonly rules: {
    steps: number;
    /** Steps that changed their arguments, or gave two answers to one question. */
    readonly impurities: string[];
  };
}

/** The same adapter and runtime, with everything counted that is opened and closed through them. */
export function track<C, R, S>(adapter: Adapter<C, R, S>, runtime: Runtime): Tracked<C, R, S> {
  const watches = new Map<string, number>();
  const open = { discoveries: 0, watches, timers: 0, connections: 0 };
  const rules: Tracked<C, R, S>['rules'] = { steps: 0, impurities: [] };
  const add = (address: string, change: number): void => {
    const count = (watches.get(address) ?? 0) + change;
    if (count === 0) watches.delete(address);
    else watches.set(address, count);
  };

  return {
    open,
    rules,
    runtime: {
      now: () => runtime.now(),
      random: () => runtime.random(),
      log: runtime.log,
      after(ms, callback) {
        let isOpen = true;
        open.timers += 1;
        const close = (): void => {
          if (isOpen) open.timers -= 1;
          isOpen = false;
        };
        const cancel = runtime.after(ms, () => {
          close();
          callback();
        });
        return () => {
          close();
          cancel();
        };
      },
      connect(endpoint) {
        const socket = runtime.connect(endpoint);
        open.connections += 1;
        socket.once('close', () => (open.connections -= 1));
        return socket;
      },
    },
    adapter: {
      contract: adapter.contract,
      backend: adapter.backend,
      config: adapter.config,
      rules: {
        init: (config) => adapter.rules.init(config),
        step(state, input, now) {
          rules.steps += 1;
          const before = snapshot([state, input]);
          const step = adapter.rules.step(state, input, now);
          const answer = snapshot(step);
          if (snapshot([state, input]) !== before)
            rules.impurities.push(`changed its arguments at ${snapshot(input)}`);
          else if (snapshot(adapter.rules.step(state, input, now)) !== answer) {
            rules.impurities.push(`answered twice and differently to ${snapshot(input)}`);
          }
          return step;
        },
      },
      classify: (failure, traits) => adapter.classify(failure, traits),
      discover: (config, given) =>
        counted(
          () => adapter.discover(config, given),
          (change) => (open.discoveries += change),
        ),
      watch: (member, config, pace$, given) =>
        counted(
          () => adapter.watch(member, config, pace$, given),
          (change) => add(member.endpoint, change),
        ),
    },
  };
}

function counted<T>(create: () => Observable<T>, add: (change: 1 | -1) => void): Observable<T> {
  return new Observable((subscriber) => {
    add(1);
    subscriber.add(() => add(-1));
    subscriber.add(create().subscribe(subscriber));
  });
}
