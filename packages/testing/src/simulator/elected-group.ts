import type { EndpointId, Runtime } from '@failover/core';
import { endpoint } from '@failover/core';

/** The times of a group that elects its primary by the votes of witnesses, in ms. Sentinel's are like these. */
export interface ElectionTimes {
  readonly downAfterMs: number;
  /** From "down" to a leader that has chosen a successor. */
  readonly electMs: number;
  /** From the choice to the moment at which the successor says that it is primary. */
  readonly promoteMs: number;
  /** From then until the leader knows, and tells the others. */
  readonly announceMs: number;
  /** How long the others wait for a leader that died before they turn its successor back or elect again. */
  readonly retryMs: number;
  /** From the return of an old primary until the witnesses make it a replica. */
  readonly demoteMs: number;
}

export const sentinelLikeTimes: ElectionTimes = {
  downAfterMs: 1000,
  electMs: 330,
  promoteMs: 185,
  announceMs: 700,
  retryMs: 10_000,
  demoteMs: 1000,
};

export interface SimulatedServer {
  readonly endpoint: EndpointId;
  mode: 'alive' | 'dead' | 'hung';
  role: 'primary' | 'replica';
  /** What it holds, in order. */
  log: string[];
  /** When it last closed all connections: by dying, or by being promoted or demoted. */
  closedAllAt: number;
  /** What waits for it to go on, while it is hung. */
  readonly backlog: (() => void)[];
  /** ms that its answers take longer than usual. */
  slowMs: number;
  /** Says that it is primary, and takes no write. */
  isRefusing: boolean;
  /** When it took its last write. */
  wroteAt: number;
  /** Executes what it is sent, and its reply never arrives. */
  losesReplies: boolean;
}

export interface SimulatedWitness {
  readonly endpoint: EndpointId;
  mode: 'alive' | 'dead' | 'hung';
  primary: EndpointId;
  epoch: number;
  selection: { readonly server: EndpointId; readonly number: number } | undefined;
}

export interface Promotion {
  readonly from: EndpointId;
  readonly to: EndpointId;
  readonly at: number;
}

/** A cluster without sockets: servers that replicate asynchronously, witnesses that elect, all of them mortal. */
export interface ElectedGroup {
  readonly servers: readonly SimulatedServer[];
  readonly witnesses: readonly SimulatedWitness[];
  /** Who took over from whom, as an observer inside the cluster saw it. */
  readonly promotions: readonly Promotion[];
  serverAt(endpoint: EndpointId): SimulatedServer | undefined;
  witnessAt(endpoint: EndpointId): SimulatedWitness | undefined;
  /** The primary that the highest epoch names. */
  primary(): SimulatedServer;
  /** Appends on one server, as its process would; false if it is no primary. */
  append(server: SimulatedServer, value: string): boolean;
  refuseWrites(server: SimulatedServer): void;
  kill(server: SimulatedServer): void;
  hang(server: SimulatedServer): void;
  /** Starts it again, or lets it go on. A server that starts again keeps its role and what it holds. */
  revive(server: SimulatedServer): void;
  /** Elects although the primary is fine. */
  forceFailover(): void;
  /** The witness that leads the election under way. */
  leader(): SimulatedWitness | undefined;
  /** A witness comes back with what it knew at the very beginning. */
  restoreFromOldState(witness: SimulatedWitness): void;
}

export function createElectedGroup(
  runtime: Runtime,
  options: {
    readonly servers?: number;
    readonly witnesses?: number;
    readonly times?: Partial<ElectionTimes>;
  } = {},
): ElectedGroup {
  const times = { ...sentinelLikeTimes, ...options.times };
  const servers = Array.from({ length: options.servers ?? 3 }, (_, at): SimulatedServer => ({
    endpoint: endpoint(`server-${at + 1}:1`),
    mode: 'alive',
    role: at === 0 ? 'primary' : 'replica',
    log: [],
    closedAllAt: -1,
    backlog: [],
    slowMs: 0,
    isRefusing: false,
    losesReplies: false,
    wroteAt: -1,
  }));
  const first = servers[0];
  if (first === undefined) throw new TypeError('a group needs at least one server');
  const witnesses = Array.from({ length: options.witnesses ?? 3 }, (_, at): SimulatedWitness => ({
    endpoint: endpoint(`witness-${at + 1}:1`),
    mode: 'alive',
    primary: first.endpoint,
    epoch: 0,
    selection: undefined,
  }));
  const promotions: Promotion[] = [];
  let downSince: number | undefined;
  let electing: { readonly leader: SimulatedWitness; readonly startedAt: number } | undefined;
  let elections = 0;

  const alive = <M extends { mode: string }>(all: readonly M[]): M[] =>
    all.filter((one) => one.mode === 'alive');
  const serverAt = (at: EndpointId): SimulatedServer | undefined =>
    servers.find((server) => server.endpoint === at);

  function newest(): SimulatedWitness {
    return witnesses.reduce((best, each) => (each.epoch > best.epoch ? each : best));
  }

  function primary(): SimulatedServer {
    return serverAt(newest().primary) ?? (first as SimulatedServer);
  }

  function closeAll(server: SimulatedServer): void {
    server.closedAllAt = runtime.now();
  }

  function demote(server: SimulatedServer, below: SimulatedServer): void {
    const isTurnedBack = promotions.at(-1)?.to === server.endpoint;
    if (isTurnedBack) promotions.push({ from: server.endpoint, to: below.endpoint, at: runtime.now() });
    server.role = 'replica';
    server.log = [...below.log];
    closeAll(server);
  }

  function elect(): void {
    const candidates = alive(witnesses);
    if (electing !== undefined || candidates.length * 2 <= witnesses.length) return;
    const leader = candidates[Math.floor(runtime.random() * candidates.length)];
    if (leader === undefined) return;
    const election = { leader, startedAt: runtime.now() };
    electing = election;
    elections += 1;
    const number = elections;
    runtime.after(times.electMs * (0.9 + runtime.random() * 0.2), () => {
      if (electing !== election || leader.mode !== 'alive') return;
      const from = primary();
      const chosen = alive(servers)
        .filter((server) => server !== from && server.role === 'replica')
        .sort((a, b) => b.log.length - a.log.length)[0];
      if (chosen === undefined) {
        electing = undefined;
        return;
      }
      leader.selection = { server: chosen.endpoint, number };
      runtime.after(times.promoteMs * (0.9 + runtime.random() * 0.2), () => {
        if (leader.mode !== 'alive' || chosen.mode !== 'alive') return;
        closeAll(chosen);
        chosen.role = 'primary';
        // Of all who took writes since the last one: a leader that died may have promoted one that nobody knew.
        const since = promotions.at(-1)?.at ?? -1;
        const writers = servers.filter((server) => server !== chosen && server.wroteAt > since);
        writers.sort((a, b) => a.wroteAt - b.wroteAt);
        for (const [at, server] of writers.entries()) {
          const isLast = at === writers.length - 1;
          promotions.push({
            from: server.endpoint,
            to: chosen.endpoint,
            at: isLast ? runtime.now() : server.wroteAt + 1,
          });
        }
        runtime.after(times.announceMs * (0.9 + runtime.random() * 0.2), () => {
          if (leader.mode !== 'alive' || chosen.mode !== 'alive' || chosen.role !== 'primary') return;
          leader.epoch = newest().epoch + 1;
          leader.primary = chosen.endpoint;
          leader.selection = undefined;
          if (electing === election) electing = undefined;
        });
      });
    });
  }

  /** What witnesses do all the time: gossip, notice, give up on a dead leader, put old primaries in their place. */
  function tick(): void {
    const now = runtime.now();
    const living = alive(witnesses);
    const known = living.reduce<SimulatedWitness | undefined>(
      (best, each) => (best === undefined || each.epoch > best.epoch ? each : best),
      undefined,
    );
    if (known !== undefined) {
      for (const witness of living) {
        if (witness.epoch >= known.epoch) continue;
        witness.epoch = known.epoch;
        witness.primary = known.primary;
      }
      const chief = serverAt(known.primary);
      const isDown = chief?.mode !== 'alive' || chief.role !== 'primary';
      downSince = isDown ? (downSince ?? now) : undefined;
      if (electing !== undefined && now - electing.startedAt > times.retryMs) {
        electing.leader.selection = undefined;
        electing = undefined;
      }
      if (downSince !== undefined && now - downSince >= times.downAfterMs) elect();
      if (electing === undefined && chief?.mode === 'alive' && chief.role === 'primary') {
        for (const server of alive(servers)) {
          const isPretender =
            server !== chief && server.role === 'primary' && now - server.closedAllAt > times.demoteMs;
          if (isPretender) demote(server, chief);
        }
      }
    }
    runtime.after(50, tick);
  }

  function replicate(): void {
    const from = servers.find(
      (server) => server.role === 'primary' && server.mode === 'alive' && server === primary(),
    );
    for (const server of alive(servers)) {
      if (from === undefined || server === from || server.role !== 'replica') continue;
      if (server.log.length < from.log.length) server.log = [...from.log];
    }
    runtime.after(5 + runtime.random() * 10, replicate);
  }

  tick();
  replicate();

  return {
    servers,
    witnesses,
    promotions,
    serverAt,
    witnessAt: (at) => witnesses.find((witness) => witness.endpoint === at),
    primary,
    append(server, value) {
      if (server.role !== 'primary' || server.isRefusing) return false;
      server.log.push(value);
      server.wroteAt = runtime.now();
      return true;
    },
    refuseWrites(server) {
      server.isRefusing = true;
    },
    kill(server) {
      server.mode = 'dead';
      server.backlog.length = 0;
      closeAll(server);
    },
    hang(server) {
      if (server.mode === 'alive') server.mode = 'hung';
    },
    revive(server) {
      if (server.mode === 'dead') closeAll(server);
      server.mode = 'alive';
      for (const waiting of server.backlog.splice(0)) waiting();
    },
    forceFailover() {
      elect();
    },
    leader: () => electing?.leader,
    restoreFromOldState(witness) {
      witness.mode = 'alive';
      witness.epoch = 0;
      witness.primary = first.endpoint;
      witness.selection = undefined;
    },
  };
}
