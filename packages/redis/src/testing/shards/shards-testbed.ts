import type { EndpointId, Runtime } from '@failover/core';
import type { RespValue } from '../../protocol/value.ts';
import type { Flavour } from '../find-server.ts';
import type { SettledSlot } from './settle-slot.ts';
import type { Shard } from './shard.ts';

/** What a config of this adapter needs in order to follow the testbed. */
export interface ShardsConfig {
  readonly cluster: readonly string[];
  readonly password?: string;
}

/** A Redis Cluster to break. */
export interface ShardsTestbed extends AsyncDisposable {
  readonly kind: Flavour;
  readonly version: string;
  /** How the servers were found. */
  readonly how: string;
  /** Reaches the servers. */
  readonly runtime: Runtime;
  /** The primaries of the launch in the order of their slots, then replicas: first one of each shard, and so on. */
  readonly nodes: readonly EndpointId[];
  readonly config: ShardsConfig;

  /**
   * The shards as more than half of all running nodes see them now, in the order of their slots. Who most call
   * failed is left out: a shard without a primary is none, until a replica has taken over.
   */
  shards(): Promise<readonly Shard[]>;
  /** Whom `shards` has for a slot or, given as text, for a key's slot. `undefined` while there is nobody. */
  primaryOf(slotOrKey: number | string): Promise<EndpointId | undefined>;
  /**
   * Resolves when all running nodes agree: each slot is one running primary's, every other running node is a replica
   * that is linked to its primary (or a primary without slots), every state is ok and nobody suspects a node that runs.
   * @throws TestbedError with what is still missing
   */
  settled(timeoutMs?: number): Promise<void>;
  /**
   * As `settled`, for when slots move: a dispute about a slot that nodes do not end by themselves within 5 s, or a move
   * that somebody left half-way, is ended as an operator does with `redis-cli --cluster fix`. Not beside a move.
   * @returns what it had to end: nothing, as a rule
   * @throws TestbedError with what is still missing
   */
  settleSlots(timeoutMs?: number): Promise<readonly SettledSlot[]>;

  /** Ends a node at once; its connections are closed by the kernel (RST or FIN). */
  kill(node: EndpointId): void;
  /** It accepts connections and answers nothing, until `resume`; then it answers late. */
  hang(node: EndpointId): void;
  resume(node: EndpointId): void;
  /**
   * Starts it again on its port, after a kill or instead of it. It comes back without keys, and with what it last
   * knew of the cluster. A primary that is back before a replica took over is primary still, and empties its replicas.
   */
  restart(node: EndpointId): Promise<void>;
  isRunning(node: EndpointId): boolean;

  /**
   * `CLUSTER FAILOVER` on a replica; resolves when it says that it is master. `force` needs no primary, `takeover`
   * no votes either.
   * @throws TestbedError if it refuses, or does not succeed within 10 s
   */
  failover(replica: EndpointId, how?: 'force' | 'takeover'): Promise<void>;
  /**
   * Moves slots with their keys, as an operator reshards, a few at a time. Those that are there already stay.
   * @throws TestbedError if a slot is nobody's, or a node refuses a step
   */
  moveSlots(slots: Iterable<number>, to: EndpointId): Promise<void>;
  /** The slot is `IMPORTING` at the new primary and `MIGRATING` at its present one: of keys that are gone it says ASK. */
  beginMove(slot: number, to: EndpointId): Promise<void>;
  /** Moves keys of a slot whose move began, by default all; resolves with how many went. */
  migrateKeys(slot: number, to: EndpointId, count?: number): Promise<number>;
  /**
   * The slot is the new primary's, and all other running primaries are told at once.
   * @throws TestbedError, and changes nothing, if keys are left where they were
   */
  endMove(slot: number, to: EndpointId): Promise<void>;

  /** One command on a connection of its own, with the password if there is one. Rejects if there is no answer in time. */
  ask(node: EndpointId, ...command: readonly string[]): Promise<RespValue>;
  /** The last lines that it wrote, to explain a failure. */
  logOf(node: EndpointId): readonly string[];
}
