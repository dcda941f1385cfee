import type { Observable } from 'rxjs';
import { distinctUntilChanged, map, Subscription } from 'rxjs';
import type { MemberList } from '../adapter.ts';
import type { TopologyStore } from '../discover/topology-store.ts';
import type { Member, ServerDescription, TopologyDescription } from '../model/index.ts';
import type { Log } from '../runtime/runtime.ts';

const source = 'store';

/**
 * Offers the members of the last run as a hint, and keeps what is known now. The hint lapses as soon as another
 * source lists anybody who was heard.
 */
export function rememberMembers(
  store: TopologyStore,
  topology$: Observable<TopologyDescription>,
  learn: (list: MemberList) => void,
  log: Log,
): Subscription {
  const subscription = new Subscription();
  let isHintGiven = false;
  void store.load().then(
    (members) => {
      if (subscription.closed) return;
      learn({ type: 'members', source, isFresh: false, members });
      isHintGiven = true;
    },
    (error: unknown) => {
      if (!subscription.closed) learn({ type: 'failed', source, reason: String(error) });
    },
  );
  const heard$ = topology$.pipe(
    map((topology) => topology.servers),
    distinctUntilChanged(),
  );
  let saved = '';
  subscription.add(
    heard$.subscribe((servers) => {
      const known = [...servers.values()].filter(isHeardFromElsewhere);
      if (known.length === 0) return;
      const text = known
        .map((server) => server.endpoint)
        .sort()
        .join(' ');
      if (text === saved) return;
      saved = text;
      if (isHintGiven) {
        isHintGiven = false;
        learn({ type: 'members', source, isFresh: true, members: [] });
      }
      store.save(known.map(memberOf)).catch((error: unknown) => {
        log('warn', 'cannot keep the last known members', { reason: String(error) });
      });
    }),
  );
  return subscription;
}

function isHeardFromElsewhere(server: ServerDescription): boolean {
  return server.answeredOn !== undefined && server.listedBy.some((name) => name !== source);
}

function memberOf(server: ServerDescription): Member {
  return {
    endpoint: server.endpoint,
    kind: server.kind,
    ...(server.zone === undefined ? {} : { zone: server.zone }),
  };
}
