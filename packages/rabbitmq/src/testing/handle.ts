import { setTimeout as sleep } from 'node:timers/promises';
import type { EndpointId, Runtime } from '@failover/core';
import type { BrokerNode } from './broker-node.ts';
import { erlangText } from './control.ts';
import { runBounded } from './run-bounded.ts';
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

/** What a node knows, a line each: who runs, then each replicated queue with the state of its replica here. */
const lookAround = `
  Running = case erlang:function_exported(rabbit_nodes, list_running, 0) of
    true -> rabbit_nodes:list_running();
    false -> rabbit_mnesia:cluster_nodes(running)
  end,
  Replica = fun(Queue) ->
    {Name, _} = amqqueue:get_pid(Queue),
    State = case ets:lookup(ra_state, Name) of [] -> none; [Entry | _] -> element(2, Entry) end,
    io_lib:format("~n~ts ~ts", [State, Name])
  end,
  Queues = [Queue || Queue <- rabbit_amqqueue:list(), amqqueue:get_type(Queue) =:= rabbit_quorum_queue],
  unicode:characters_to_binary([lists:join(" ", [atom_to_list(Node) || Node <- lists:sort(Running)]) | [Replica(Queue) || Queue <- Queues]])
`;

/** `none` if there is no such queue, its node if it is not replicated, else the state of its replica here. */
const lookAt = (queue: string, vhost: string): string => `
  case rabbit_amqqueue:lookup(rabbit_misc:r(${erlangText(vhost)}, queue, ${erlangText(queue)})) of
    {ok, Queue} ->
      case amqqueue:get_pid(Queue) of
        {Name, _} ->
          State = case ets:lookup(ra_state, Name) of [] -> none; [Entry | _] -> element(2, Entry) end,
          unicode:characters_to_binary(io_lib:format("~ts ~ts", [State, Name]));
        Process -> unicode:characters_to_binary(io_lib:format("on ~ts", [node(Process)]))
      end;
    _ -> none
  end
`;

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

  /** What is still missing; empty if all agree. */
  async function missing(): Promise<readonly string[]> {
    const alive = running();
    const expected = alive.map(([, { name }]) => name).join(' ');
    const leaders = new Set<string>();
    const queues = new Set<string>();
    const problems: string[] = [];
    await Promise.all(
      alive.map(async ([, node]) => {
        try {
          const [seen, ...replicas] = (await node.evaluate(lookAround, 2_000)).split('\n');
          if (seen !== expected) problems.push(`${node.name} sees "${seen ?? ''}" instead of "${expected}"`);
          for (const line of replicas) {
            const [state = '', queue = ''] = line.split(' ');
            queues.add(queue);
            if (state === 'leader') leaders.add(queue);
            else if (state !== 'follower' && state !== 'none')
              problems.push(`${queue} on ${node.name} is ${state}`);
          }
        } catch (error) {
          problems.push(String(error));
        }
      }),
    );
    for (const queue of queues) if (!leaders.has(queue)) problems.push(`${queue} has no leader`);
    return problems;
  }

  async function queueLeader(queue: string, vhost = '/'): Promise<EndpointId | undefined> {
    const answers = await Promise.all(
      running().map(async ([endpoint, node]) => {
        const answer = await node.evaluate(lookAt(queue, vhost), 2_000).catch(() => 'none');
        const [state, place] = answer.split(' ');
        if (state === 'leader') return endpoint;
        return state === 'on' ? members.find((member) => nodeNames.get(member) === place) : undefined;
      }),
    );
    const leader = answers.find((answer) => answer !== undefined);
    return leader !== undefined && get(leader).isRunning ? leader : undefined;
  }

  async function until(what: string, isSo: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const endAt = runtime.now() + timeoutMs;
    while (!(await isSo())) {
      if (runtime.now() > endAt) throw new TestbedError(`${what} did not come true within ${timeoutMs} ms`);
      await sleep(20);
    }
  }

  async function order(endpoint: EndpointId, expressions: string, timeoutMs = 30_000): Promise<string> {
    return get(endpoint).evaluate(expressions, timeoutMs);
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
    async restart(node) {
      const restarted = get(node);
      await restarted.start();
      await until(
        `${restarted.name} is a member again`,
        async () => !(await missing()).some((problem) => problem.includes(restarted.name)),
        settleMs,
      );
    },
    isRunning: (node) => get(node).isRunning,
    async settled(timeoutMs = settleMs) {
      const endAt = runtime.now() + timeoutMs;
      for (;;) {
        const problems = await missing();
        if (problems.length === 0) return;
        if (runtime.now() > endAt)
          throw new TestbedError(`not settled within ${timeoutMs} ms: ${problems.join('; ')}`);
        await sleep(50);
      }
    },
    async drain(node) {
      await order(node, 'ok = rabbit_maintenance:drain()');
    },
    async revive(node) {
      await order(node, 'ok = rabbit_maintenance:revive()');
    },
    async closeConnections(node, reason = 'CLOSED_BY_OPERATOR') {
      // Not by rabbit_networking: in 3.10 it asks all nodes first, and one that hangs would hold it.
      const closed = await order(
        node,
        `length([rabbit_reader:shutdown(Pid, ${erlangText(reason)}) || Pid <- pg_local:get_members(rabbit_connections)])`,
      );
      return Number(closed);
    },
    queueLeader,
    async moveLeader(queue, to, vhost = '/') {
      const from = await queueLeader(queue, vhost);
      if (from === undefined) throw new TestbedError(`${queue} has no leader that could be moved`);
      if (from === to) return;
      const [, name = ''] = (await order(from, lookAt(queue, vhost))).split(' ');
      await order(
        from,
        `ok = ra:transfer_leadership({'${name}', '${get(from).name}'}, {'${name}', '${get(to).name}'})`,
      );
      await until(`${queue} is led by ${to}`, async () => (await queueLeader(queue, vhost)) === to, 20_000);
    },
    async alarm(node, on) {
      const alarm = '{resource_limit, memory, node()}';
      await order(node, on ? `rabbit_alarm:set_alarm({${alarm}, []})` : `rabbit_alarm:clear_alarm(${alarm})`);
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
