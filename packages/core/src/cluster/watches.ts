import type { Subscription } from 'rxjs';
import { BehaviorSubject, distinctUntilChanged } from 'rxjs';
import type { Adapter, Pace, Report } from '../adapter.ts';
import type {
  EndpointId,
  FailoverNews,
  Member,
  Observation,
  ServerDescription,
  TopologyDescription,
} from '../model/index.ts';
import type { Cancel, Runtime } from '../runtime/runtime.ts';
import { paceOf } from './pace.ts';

/** ms before a monitor that threw runs again. */
const restartMs = 250;

interface Watch {
  readonly pace$: BehaviorSubject<Pace>;
  subscription: Subscription | undefined;
  stopRestart: Cancel;
}

/** One monitor for each member, for as long as it belongs. */
export interface Watches {
  /**
   * Members that came or went, and what is believed now: a change of one server costs nothing for the others.
   * @param seen what led there
   */
  follow(
    seen: readonly Observation[],
    news: readonly FailoverNews[],
    before: TopologyDescription,
    after: TopologyDescription,
  ): void;
  close(): void;
}

export function createWatches<C, R, S>(
  adapter: Adapter<C, R, S>,
  config: C,
  runtime: Runtime,
  ingest: (report: Report<R>) => void,
  tell: (news: FailoverNews) => void,
): Watches {
  const watches = new Map<EndpointId, Watch>();

  function start(member: Member, watch: Watch): void {
    const restart = (reason: string): void => {
      watch.subscription = undefined;
      if (!watches.has(member.endpoint)) return;
      tell({ type: 'monitorRestarted', server: member.endpoint, reason });
      watch.stopRestart = runtime.after(restartMs, () => {
        start(member, watch);
      });
    };
    watch.subscription = adapter
      .watch(member, config, watch.pace$.pipe(distinctUntilChanged()), runtime)
      .subscribe({
        next: ingest,
        error: (error: unknown) => {
          restart(error instanceof Error ? error.message : String(error));
        },
        complete: () => {
          restart('it ended by itself');
        },
      });
  }

  function stop(endpoint: EndpointId, watch: Watch): void {
    watches.delete(endpoint);
    watch.stopRestart();
    watch.subscription?.unsubscribe();
  }

  function setPace(endpoint: EndpointId, watch: Watch, topology: TopologyDescription): void {
    const server = topology.servers.get(endpoint);
    if (server !== undefined) watch.pace$.next(paceOf(server, topology));
  }

  return {
    follow(seen, news, before, after) {
      for (const each of news) {
        if (each.type === 'memberRemoved') {
          const watch = watches.get(each.server);
          if (watch !== undefined) stop(each.server, watch);
        }
        if (each.type !== 'memberAdded' || watches.has(each.server)) continue;
        const server = after.servers.get(each.server);
        if (server === undefined) continue;
        const watch: Watch = {
          pace$: new BehaviorSubject<Pace>(paceOf(server, after)),
          subscription: undefined,
          stopRestart: () => undefined,
        };
        watches.set(server.endpoint, watch);
        start(memberOf(server), watch);
      }
      if (before.targets !== after.targets) {
        for (const [endpoint, watch] of watches) setPace(endpoint, watch, after);
        return;
      }
      for (const each of seen) {
        if (each.type !== 'roleSeen') continue;
        const [was, is] = [before.servers.get(each.server), after.servers.get(each.server)];
        // Each answer says it again, and a pace is as much work as there are targets.
        if (was?.role === is?.role && was?.shard === is?.shard) continue;
        const watch = watches.get(each.server);
        if (watch !== undefined) setPace(each.server, watch, after);
      }
    },
    close() {
      for (const [endpoint, watch] of watches) stop(endpoint, watch);
    },
  };
}

function memberOf(server: ServerDescription): Member {
  return {
    endpoint: server.endpoint,
    kind: server.kind,
    ...(server.zone === undefined ? {} : { zone: server.zone }),
  };
}
