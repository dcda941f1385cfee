import type { EndpointId } from '@failover/core';
import { keySlot } from '../../protocol/key-slot.ts';
import type { Member } from '../member.ts';
import { askOnce, connectResp, type RespClient } from '../resp-client.ts';
import { untilSettled } from '../until-settled.ts';
import { idOf, must, type Ask } from './ask.ts';
import { seeNode } from './inspect-node.ts';
import { beginMove, endMove, migrateKeys, planMove, type SlotMove } from './reshard.ts';
import { settleSlots } from './settle-slots.ts';
import { clusterProblems, shardOf, shardsIn, type ClusterView } from './shard-view.ts';
import type { Shard } from './shard.ts';
import type { ShardsTestbed } from './shards-testbed.ts';

export interface ShardsHandleOptions extends Pick<
  ShardsTestbed,
  'kind' | 'version' | 'how' | 'runtime' | 'nodes'
> {
  /** @throws TestbedError if it is no member */
  readonly memberOf: (node: EndpointId) => Member;
  readonly password: string | undefined;
  readonly close: () => Promise<void>;
}

/** ms: a step of a move waits for the other node, or for replicas. */
const stepMs = 5_000;
/** ms: a replica asks its primary to pause, catches up and is elected; the server gives itself 5 s. */
const failoverMs = 10_000;
/** Valkey waits for its replicas in each step, which is most of a move. */
const movesAtOnce = 8;

/** What the testbed can do, on members that know how to break. */
export function createShardsHandle(options: ShardsHandleOptions): ShardsTestbed {
  const { kind, version, how, runtime, nodes, memberOf, password, close } = options;

  const ask: Ask = (node, ...command) => askOnce(runtime, node, command, stepMs, password);

  async function view(): Promise<ClusterView> {
    const running = nodes.filter((node) => memberOf(node).isRunning);
    const seen = await Promise.all(
      running.map(async (node) => [node, await seeNode(runtime, node, password)] as const),
    );
    return new Map(seen);
  }

  const shards = async (): Promise<readonly Shard[]> => shardsIn(await view());

  const moveOf = async (slot: number, to: EndpointId): Promise<SlotMove> =>
    planMove(await shards(), slot, to, await idOf(ask, to));

  /** With one connection a node: a shard's worth of slots is thousands of steps. */
  async function runMoves(moves: Iterable<SlotMove>): Promise<void> {
    const clients = new Map<EndpointId, RespClient>();
    const askAgain: Ask = (node, ...command) => {
      const client = clients.get(node) ?? connectResp(runtime, node, password);
      clients.set(node, client);
      return client.send(command, stepMs);
    };
    try {
      for (const move of moves) {
        await beginMove(askAgain, move);
        await migrateKeys(askAgain, move, undefined, password);
        await endMove(askAgain, move);
      }
    } finally {
      for (const client of clients.values()) client.close();
    }
  }

  return {
    kind,
    version,
    how,
    runtime,
    nodes,
    config: { cluster: nodes, ...(password === undefined ? {} : { password }) },
    shards,
    async primaryOf(slotOrKey) {
      const slot = typeof slotOrKey === 'number' ? slotOrKey : keySlot(Buffer.from(slotOrKey));
      return shardOf(await shards(), slot)?.primary;
    },
    settled: (timeoutMs = 30_000) =>
      untilSettled(runtime, async () => clusterProblems(await view()), timeoutMs),
    settleSlots: (timeoutMs = 30_000) => settleSlots({ runtime, ask, view, password, timeoutMs }),
    kill: (node) => memberOf(node).kill(),
    hang: (node) => memberOf(node).hang(),
    resume: (node) => memberOf(node).resume(),
    restart: (node) => memberOf(node).restart(),
    isRunning: (node) => memberOf(node).isRunning,
    async failover(replica, mode) {
      await must(ask, replica, 'CLUSTER', 'FAILOVER', ...(mode === undefined ? [] : [mode.toUpperCase()]));
      await untilSettled(
        runtime,
        async () => {
          const seen = await seeNode(runtime, replica, password);
          return seen.type === 'node' && seen.role.type === 'master'
            ? []
            : [`${replica} does not say master`];
        },
        failoverMs,
        10,
      );
    },
    async moveSlots(slots, to) {
      const [seen, toId] = await Promise.all([shards(), idOf(ask, to)]);
      const moves = [...slots]
        .map((slot) => planMove(seen, slot, to, toId))
        .filter(({ from }) => from !== to);
      // All take from one generator, and a failure ends it for all.
      const queue = each(moves);
      await Promise.all(Array.from({ length: movesAtOnce }, () => runMoves(queue)));
    },
    beginMove: async (slot, to) => beginMove(ask, await moveOf(slot, to)),
    migrateKeys: async (slot, to, count) => migrateKeys(ask, await moveOf(slot, to), count, password),
    endMove: async (slot, to) => endMove(ask, await moveOf(slot, to)),
    ask: (node, ...command) => askOnce(runtime, node, command, undefined, password),
    logOf: (node) => memberOf(node).log(),
    [Symbol.asyncDispose]: close,
  };
}

function* each<T>(all: readonly T[]): Generator<T> {
  yield* all;
}
