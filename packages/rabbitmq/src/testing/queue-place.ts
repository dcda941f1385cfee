import type { BrokerNode } from './broker-node.ts';
import { erlangText } from './control.ts';

/** Where one queue stands, as one node knows. */
export type QueuePlace =
  | { readonly type: 'none' }
  /** A classic queue, which has a node of its own. */
  | { readonly type: 'classic'; readonly node: string }
  /** A quorum queue, with the state of the replica on the node that was asked, for example `leader`. */
  | { readonly type: 'quorum'; readonly raftName: string; readonly state: string };

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

/** Asks the replica itself: what the others believe of a leader is old after a fault. */
export async function placeOf(
  node: BrokerNode,
  queue: string,
  vhost: string,
  timeoutMs: number,
): Promise<QueuePlace> {
  const answer = await node.evaluate(lookAt(queue, vhost), timeoutMs);
  const [state = '', name = ''] = answer.split(' ');
  if (answer === 'none') return { type: 'none' };
  return state === 'on' ? { type: 'classic', node: name } : { type: 'quorum', raftName: name, state };
}

/** Asks the leader to hand over; it goes on until the other one has been elected. */
export async function transferLeader(
  from: BrokerNode,
  to: BrokerNode,
  raftName: string,
  timeoutMs: number,
): Promise<void> {
  const server = (node: BrokerNode): string => `{'${raftName}', '${node.name}'}`;
  await from.evaluate(`ok = ra:transfer_leadership(${server(from)}, ${server(to)})`, timeoutMs);
}
