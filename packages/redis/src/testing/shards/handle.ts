import type { EndpointId } from '@failover/core';
import { keySlot } from '../../protocol/key-slot.ts';
import type { Member } from '../member.ts';
import { askOnce, connectResp, type RespClient } from '../resp-client.ts';
import { untilSettled } from '../until-settled.ts';
import { must, type Ask } from './ask.ts';
import { seeNode } from './inspect-node.ts';
import { beginMove, endMove, migrateKeys, planMoves, type SlotMove } from './reshard.ts';
import { clusterProblems, shardsIn, type ClusterView } from './shard-view.ts';
import type { Shard, ShardsTestbed } from './shards-testbed.ts';

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

  /** With one connection a node: a shard's worth of slots is thousands of steps. */
  async function withMoves(
    slots: Iterable<number>,
    to: EndpointId,
    run: (ask: Ask, moves: readonly SlotMove[]) => Promise<void>,
  ): Promise<void> {
    const clients = new Map<EndpointId, RespClient>();
    const askAgain: Ask = (node, ...command) => {
      const client = clients.get(node) ?? connectResp(runtime, node, password);
      clients.set(node, client);
      return client.send(command, stepMs);
    };
    try {
      await run(askAgain, await planMoves(askAgain, await shards(), slots, to));
    } finally {
      for (const client of clients.values()) client.close();
    }
  }

  async function withMove<T>(
    slot: number,
    to: EndpointId,
    run: (move: SlotMove) => Promise<T>,
  ): Promise<readonly T[]> {
    const moves = await planMoves(ask, await shards(), [slot], to);
    return Promise.all(moves.map(run));
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
      const all = await shards();
      return all.find(({ slots }) => slots.some(([from, to]) => from <= slot && slot <= to))?.primary;
    },
    settled: (timeoutMs = 30_000) =>
      untilSettled(runtime, async () => clusterProblems(await view()), timeoutMs),
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
    moveSlots: (slots, to) =>
      withMoves(slots, to, async (askAgain, moves) => {
        for (const move of moves) {
          if (move.from === to) continue;
          await beginMove(askAgain, move);
          await migrateKeys(askAgain, move, undefined, password);
          await endMove(askAgain, move);
        }
      }),
    beginMove: async (slot, to) => void (await withMove(slot, to, (move) => beginMove(ask, move))),
    async migrateKeys(slot, to, count) {
      const [moved = 0] = await withMove(slot, to, (move) => migrateKeys(ask, move, count, password));
      return moved;
    },
    endMove: async (slot, to) => void (await withMove(slot, to, (move) => endMove(ask, move))),
    ask: (node, ...command) => askOnce(runtime, node, command, undefined, password),
    logOf: (node) => memberOf(node).log(),
    [Symbol.asyncDispose]: close,
  };
}
