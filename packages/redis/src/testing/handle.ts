import type { EndpointId } from '@failover/core';
import { disagreements, primaryIn, type GroupView } from './agreement.ts';
import { seeMaster, seeRole } from './inspect.ts';
import type { Member } from './member.ts';
import { askOnce } from './resp-client.ts';
import { TestbedError, type RedisTestbed, type SentinelEvent, type TestbedTls } from './testbed.ts';
import { untilSettled } from './until-settled.ts';

export interface Members {
  /** @throws TestbedError if it is no member */
  get(endpoint: EndpointId): Member;
  onSentinelEvent(listener: (event: SentinelEvent) => void): () => void;
  close(): Promise<void>;
}

export interface HandleOptions extends Pick<
  RedisTestbed,
  'kind' | 'version' | 'how' | 'runtime' | 'sentinels'
> {
  readonly groups: ReadonlyMap<string, readonly EndpointId[]>;
  readonly members: Members;
  readonly password?: string | undefined;
  /** As all of them ask of who connects. */
  readonly tls?: TestbedTls | undefined;
  /** ms: how often a state that is awaited is looked at, default 50. */
  readonly lookMs?: number | undefined;
}

export interface Handle extends RedisTestbed {
  /** Resolves when every running replica is linked to the first server of its group. */
  linked(timeoutMs: number): Promise<void>;
}

/** What both testbeds can do, on members that know how to break. */
export function createHandle(options: HandleOptions): Handle {
  const { runtime, groups, sentinels, members, password, tls, lookMs = 50 } = options;
  const [name = ''] = groups.keys();
  const leaders = new Map<string, EndpointId>();
  members.onSentinelEvent(({ sentinel, event, text }) => {
    // `+elected-leader master NAME HOST PORT`
    const master = event === '+elected-leader' ? text.split(' ')[1] : undefined;
    if (master !== undefined) leaders.set(master, sentinel);
  });

  function serversOf(group: string): readonly EndpointId[] {
    const servers = groups.get(group);
    if (servers === undefined) throw new TestbedError(`no master is called "${group}"`);
    return servers;
  }

  const running = (all: readonly EndpointId[]): readonly EndpointId[] =>
    all.filter((endpoint) => members.get(endpoint).isRunning);

  async function view(group: string): Promise<GroupView> {
    const [roles, named] = await Promise.all([
      seeAll(running(serversOf(group)), (server) => seeRole(runtime, server, password)),
      seeAll(running(sentinels), (sentinel) => seeMaster(runtime, sentinel, group)),
    ]);
    return {
      name: group,
      serverCount: serversOf(group).length,
      sentinelCount: sentinels.length,
      servers: roles,
      sentinels: named,
    };
  }

  const until = (problems: () => Promise<readonly string[]>, timeoutMs: number): Promise<void> =>
    untilSettled(runtime, problems, timeoutMs, lookMs);

  const handle: Handle = {
    ...options,
    name,
    groups,
    servers: [...groups.values()].flat(),
    sentinels,
    get config() {
      return handle.configOf(name);
    },
    configOf: (group) => ({
      name: group,
      ...(sentinels.length > 0 ? { sentinels } : { servers: serversOf(group) }),
      ...(password === undefined ? {} : { password }),
      ...(tls === undefined ? {} : { tls, ...(sentinels.length > 0 ? { sentinelTls: tls } : {}) }),
    }),
    primary: async (group = name) => primaryIn(await view(group)),
    settled: (timeoutMs = 30_000) =>
      until(async () => {
        const views = await Promise.all([...groups.keys()].map(view));
        return views.flatMap(disagreements);
      }, timeoutMs),
    linked: (timeoutMs) =>
      until(async () => {
        const views = await Promise.all([...groups.keys()].map(view));
        // Asked before any Sentinel runs.
        return views.flatMap((seen) => disagreements({ ...seen, sentinelCount: 0, sentinels: new Map() }));
      }, timeoutMs),
    kill: (member) => members.get(member).kill(),
    hang: (member) => members.get(member).hang(),
    resume: (member) => members.get(member).resume(),
    restart: (member) => members.get(member).restart(),
    isRunning: (member) => members.get(member).isRunning,
    async forceFailover(group = name) {
      const answers: string[] = [];
      for (const sentinel of running(sentinels)) {
        const reply = await askOnce(runtime, sentinel, ['SENTINEL', 'FAILOVER', group]);
        if (reply.type === 'simple') return;
        answers.push(`${sentinel}: ${reply.type === 'error' ? reply.text : reply.type}`);
      }
      throw new TestbedError(
        `no Sentinel starts a failover of ${group}: ${answers.join(', ') || 'none runs'}`,
      );
    },
    leadingSentinel: (group = name) => leaders.get(group),
    killSentinel(which, group = name) {
      const leader = leaders.get(group);
      const alive = running(sentinels);
      const chosen =
        which === 'leading' && leader !== undefined && alive.includes(leader) ? leader : alive[0];
      if (chosen === undefined) throw new TestbedError('no Sentinel runs');
      members.get(chosen).kill();
      return chosen;
    },
    onSentinelEvent: members.onSentinelEvent,
    ask: (member, ...command) =>
      askOnce(runtime, member, command, undefined, sentinels.includes(member) ? undefined : password),
    logOf: (member) => members.get(member).log(),
    [Symbol.asyncDispose]: () => members.close(),
  };
  return handle;
}

async function seeAll<T>(
  endpoints: readonly EndpointId[],
  see: (endpoint: EndpointId) => Promise<T>,
): Promise<ReadonlyMap<EndpointId, T>> {
  const seen = await Promise.all(endpoints.map(async (endpoint) => [endpoint, await see(endpoint)] as const));
  return new Map(seen);
}
