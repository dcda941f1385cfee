import type { Adapter, Cluster, EndpointId, Member, MemberList, Report } from '@failover/core';
import { classifyLoss, createCluster, endpoint, target, targetId } from '@failover/core';
import type { VirtualRuntime } from '@failover/core/virtual';
import { Observable } from 'rxjs';

export const crowdTarget = targetId('crowd', 'peer');

/** Very many equal servers without sockets, which come, go, die and come back. */
export interface Crowd {
  readonly cluster: Cluster;
  readonly members: ReadonlySet<EndpointId>;
  readonly dead: ReadonlySet<EndpointId>;
  /** How many monitors run now. */
  readonly watched: number;
  /** Kills, revives, adds and removes some. */
  churn(count: number): void;
}

/** ms between two questions to one server. */
const everyMs = 1000;

export function createCrowd(runtime: VirtualRuntime, size: number): Crowd {
  const members = new Set(Array.from({ length: size }, (_, at) => endpoint(`member-${at}:1`)));
  const dead = new Set<EndpointId>();
  let added = size;
  let watched = 0;
  let tellMembers = (): void => undefined;

  const adapter: Adapter<undefined, 'here'> = {
    contract: 1,
    backend: 'crowd',
    config: { schema: {}, parse: () => undefined },
    discover: () =>
      new Observable<MemberList>((subscriber) => {
        tellMembers = () => {
          const listed = [...members].map((each): Member => ({ endpoint: each, kind: 'data' }));
          subscriber.next({ type: 'members', source: 'registry', isFresh: true, members: listed });
        };
        tellMembers();
      }),
    watch: (member) =>
      new Observable<Report<'here'>>((subscriber) => {
        watched += 1;
        let stop = (): void => undefined;
        const ask = (): void => {
          const openedAt = runtime.now();
          subscriber.next(
            dead.has(member.endpoint)
              ? { type: 'failed', member, openedAt, reason: 'refused' }
              : { type: 'said', member, openedAt: 0, reply: 'here' },
          );
          stop = runtime.after(everyMs * (0.9 + runtime.random() * 0.2), ask);
        };
        stop = runtime.after(everyMs * runtime.random(), ask);
        return () => {
          watched -= 1;
          stop();
        };
      }),
    rules: {
      init: () => undefined,
      step: (state, input) => ({
        state,
        observations:
          input.type === 'tick'
            ? [{ type: 'targetSeen', target: target('crowd', 'peer') }]
            : input.type === 'said'
              ? [{ type: 'roleSeen', server: input.member.endpoint, shard: 'crowd', role: 'peer' }]
              : [],
      }),
    },
    classify: (failure) =>
      failure.type === 'errorReply' ? { type: 'appError', code: failure.code } : classifyLoss(failure),
  };

  const pick = (from: ReadonlySet<EndpointId>): EndpointId | undefined =>
    [...from][Math.floor(runtime.random() * from.size)];

  return {
    cluster: createCluster(adapter, undefined, { runtime }),
    members,
    dead,
    get watched() {
      return watched;
    },
    churn(count) {
      for (let done = 0; done < count; done += 1) {
        const victim = pick(members);
        if (victim !== undefined) dead.add(victim);
        const back = pick(dead);
        if (back !== undefined && runtime.random() < 0.5) dead.delete(back);
      }
      const gone = pick(members);
      if (gone !== undefined) {
        members.delete(gone);
        dead.delete(gone);
      }
      members.add(endpoint(`member-${added}:1`));
      added += 1;
      tellMembers();
    },
  };
}
