import type { BrokerNode } from './broker-node.ts';

/**
 * What a node knows: who runs; which nodes it was parted from and has not made up with; which ones the failure detector
 * of its quorum queues has not seen alive; then each quorum queue with the state of its replica here, and with the node
 * that is on record as its leader: before 4.0 clients are sent there.
 *
 * The detector looks every 5 s and tells only of a change. A leader that hangs before the first look at it is missed,
 * and followed 60 s later when Erlang gives its connection up. So the next look is put forward if one is needed:
 * nothing is measured on a cluster that is younger than its detectors.
 */
const lookAround = `
  Since = fun(Module, Function, Before) ->
    code:ensure_loaded(Module),
    case erlang:function_exported(Module, Function, 0) of true -> Module:Function(); false -> Before() end
  end,
  Running = Since(rabbit_nodes, list_running, fun() -> rabbit_mnesia:cluster_nodes(running) end),
  {state, Timer, _, Threshold, Seen, _} = sys:get_state(aten_detector),
  Blind = [Node || Node <- Running, Node =/= node(), maps:get(Node, Seen, 1.0) >= Threshold],
  case Blind =/= [] andalso is_integer(erlang:cancel_timer(Timer)) of
    true -> aten_detector ! poll;
    false -> ok
  end,
  Replica = fun(Queue) ->
    {Name, Leader} = amqqueue:get_pid(Queue),
    State = case ets:lookup(ra_state, Name) of [] -> none; [Entry | _] -> element(2, Entry) end,
    io_lib:format("~n~ts ~ts ~ts", [State, Name, Leader])
  end,
  Queues = [Queue || Queue <- rabbit_amqqueue:list(), amqqueue:get_type(Queue) =:= rabbit_quorum_queue],
  Names = fun(Nodes) -> lists:join(" ", [atom_to_list(Node) || Node <- lists:sort(Nodes)]) end,
  unicode:characters_to_binary([Names(Running), "\\n", Names(Since(rabbit_node_monitor, partitions, fun() -> [] end)), "\\n", Names(Blind) | [Replica(Queue) || Queue <- Queues]])
`;

/** ms: a node that answers later is not settled. */
const answerMs = 2_000;

/** What these nodes do not agree on; empty if they do. Each sentence names the node that it is about. */
export async function disagreements(nodes: readonly BrokerNode[]): Promise<readonly string[]> {
  const expected = nodes.map(({ name }) => name).join(' ');
  const leaders = new Map<string, readonly string[]>();
  const records = new Map<string, Set<string>>();
  const problems: string[] = [];
  await Promise.all(
    nodes.map(async (node) => {
      try {
        const lines = (await node.evaluate(lookAround, answerMs)).split('\n');
        const [seen = '', parted = '', blind = '', ...replicas] = lines;
        if (seen !== expected) problems.push(`${node.name} sees "${seen}" instead of "${expected}"`);
        if (parted !== '') problems.push(`${node.name} was parted from ${parted}: one must be restarted`);
        if (blind !== '') problems.push(`${node.name} has not seen ${blind} alive`);
        for (const line of replicas) {
          const [state = '', queue = '', recorded = ''] = line.split(' ');
          records.set(queue, (records.get(queue) ?? new Set()).add(recorded));
          if (state === 'leader') leaders.set(queue, [...(leaders.get(queue) ?? []), node.name]);
          else if (state !== 'follower' && state !== 'none')
            problems.push(`${queue} on ${node.name} is ${state}`);
        }
      } catch (error) {
        problems.push(String(error));
      }
    }),
  );
  for (const [queue, recorded] of records) {
    // One that hung believes that it leads until it hears of the other.
    const led = (leaders.get(queue) ?? ['nobody']).join(' and ');
    const written = [...recorded].join(' and ');
    if (led !== written) problems.push(`${queue} is led by ${led}, on record is ${written}`);
  }
  return problems;
}
