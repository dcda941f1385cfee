import { setTimeout as sleep } from 'node:timers/promises';
import type { EndpointId, Runtime } from '@failover/core';
import { runBounded } from '@failover/testing';
import { disagreements } from './agreement.ts';
import type { BrokerNode } from './broker-node.ts';
import { erlangText } from './control.ts';
import { placeOf, transferLeader } from './queue-place.ts';
import { TestbedError, type RabbitTestbed } from './testbed.ts';

export interface HandleParts {
  readonly version: string;
  readonly how: string;
  readonly runtime: Runtime;
  readonly nodes: ReadonlyMap<EndpointId, BrokerNode>;
  readonly management: ReadonlyMap<EndpointId, string>;
  readonly tools: {
    readonly env: Readonly<Record<string, string>>;
    command(args: readonly string[]): { readonly command: string; readonly args: readonly string[] };
  };
  close(): Promise<void>;
}

/** ms: `rabbitmqctl` needs one or two seconds on a quiet machine. */
const toolMs = 60_000;
const settleMs = 60_000;
/** ms: a drain moves every leader of its node. */
const orderMs = 30_000;
const answerMs = 2_000;

/** The face of a launched cluster. */
export function createHandle(parts: HandleParts): RabbitTestbed {
  const { runtime, nodes } = parts;
  const members = [...nodes.keys()];
  const nodeNames = new Map([...nodes].map(([endpoint, { name }]) => [endpoint, name]));

  function get(endpoint: EndpointId): BrokerNode {
    const node = nodes.get(endpoint);
    if (node === undefined) throw new TestbedError(`${endpoint} is no member of this testbed`);
    return node;
  }

  const running = (): readonly (readonly [EndpointId, BrokerNode])[] =>
    [...nodes].filter(([, node]) => node.isRunning);
  const problems = (): Promise<readonly string[]> => disagreements(running().map(([, node]) => node));

  /** @throws TestbedError with what is still missing */
  async function until(missing: () => Promise<readonly string[]>, timeoutMs: number): Promise<void> {
    const endAt = runtime.now() + timeoutMs;
    for (;;) {
      const left = await missing();
      if (left.length === 0) return;
      if (runtime.now() > endAt)
        throw new TestbedError(`not settled within ${timeoutMs} ms: ${left.join('; ')}`);
      await sleep(20);
    }
  }

  async function queueLeader(queue: string, vhost = '/'): Promise<EndpointId | undefined> {
    const answers = await Promise.all(
      running().map(async ([endpoint, node]) => {
        const place = await placeOf(node, queue, vhost, answerMs).catch(() => undefined);
        if (place?.type === 'classic')
          return members.find((member) => nodeNames.get(member) === place.node && get(member).isRunning);
        return place?.type === 'quorum' && place.state === 'leader' ? endpoint : undefined;
      }),
    );
    return answers.find((answer) => answer !== undefined);
  }

  return {
    kind: 'rabbitmq',
    version: parts.version,
    how: parts.how,
    runtime,
    members,
    nodeNames,
    management: parts.management,
    config: {
      name: 'rabbit',
      servers: members,
      ...(parts.management.size === 0 ? {} : { management: [...parts.management.values()] }),
    },
    kill: (node) => get(node).kill(),
    hang: (node) => get(node).hang(),
    resume: (node) => get(node).resume(),
    async restart(endpoint) {
      const node = get(endpoint);
      await node.restart();
      await until(async () => (await problems()).filter((text) => text.includes(node.name)), settleMs);
    },
    isRunning: (node) => get(node).isRunning,
    settled: (timeoutMs = settleMs) => until(problems, timeoutMs),
    async drain(node) {
      // It gives up if a connection ends by itself just then. What it has done stays done, so it is asked to go on.
      const goOn = 'exit:{Why, _} when Tries > 0, (Why =:= noproc orelse Why =:= normal) -> Drain(Tries - 1)';
      const drain = `fun Drain(Tries) -> try rabbit_maintenance:drain() catch ${goOn} end end`;
      await get(node).evaluate(`ok = (${drain})(20)`, orderMs);
    },
    async revive(node) {
      await get(node).evaluate('ok = rabbit_maintenance:revive()', orderMs);
    },
    async closeConnections(node, reason = 'CLOSED_BY_OPERATOR') {
      // Not by rabbit_networking: in 3.10 it asks all nodes first, and one that hangs would hold it. Each by itself: a
      // connection with a channel that waits for a node that hung closes only after half a minute or more.
      const close = `spawn(fun() -> rabbit_reader:shutdown(Pid, ${erlangText(reason)}) end)`;
      const each = `length([${close} || Pid <- pg_local:get_members(rabbit_connections)])`;
      return Number(await get(node).evaluate(each, orderMs));
    },
    queueLeader,
    async moveLeader(queue, to, vhost = '/') {
      const from = await queueLeader(queue, vhost);
      const place = from && (await placeOf(get(from), queue, vhost, answerMs));
      if (from === undefined || place?.type !== 'quorum')
        throw new TestbedError(`${queue} has no leader that could be moved`);
      if (from === to) return;
      await transferLeader(get(from), get(to), place.raftName, orderMs);
      const moved = async (): Promise<readonly string[]> =>
        (await queueLeader(queue, vhost)) === to ? [] : [`${queue} is not led by ${to}`];
      await until(moved, orderMs);
    },
    async alarm(node, on) {
      const alarm = '{resource_limit, memory, node()}';
      const change = on ? `rabbit_alarm:set_alarm({${alarm}, []})` : `rabbit_alarm:clear_alarm(${alarm})`;
      // That is a cast. Who answers a call behind it has told its connections, so that what is published now meets the alarm.
      const toldAll = 'erpc:multicall([node() | nodes()], rabbit_alarm, get_alarms, [], 1000)';
      await get(node).evaluate(`${change}, ${toldAll}`);
    },
    async ctl(node, ...args) {
      const { command, args: all } = parts.tools.command(['-n', get(node).name, '--quiet', ...args]);
      const result = await runBounded(command, all, toolMs, parts.tools.env);
      if (result.type === 'failed')
        throw new TestbedError(`${node}: rabbitmqctl ${args.join(' ')}: ${result.reason}`);
      return result.output;
    },
    logOf: (node) => get(node).log(),
    [Symbol.asyncDispose]: () => parts.close(),
  };
}
