import { connect } from 'node:net';
import { TestbedError } from './testbed.ts';

/**
 * A door into each node, opened before RabbitMQ boots: it evaluates one Erlang expression a connection, as
 * `rabbitmqctl eval` does, in a millisecond where that takes a second of processor time. The length of a packet is
 * four octets; ours begins with the secret, the answer with `+` or `-`.
 */
export const controlProgram = (port: number, secret: string): string => `
Run = fun(Text) ->
  try
    {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Text)),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    {value, Value, _} = erl_eval:exprs(Exprs, []),
    Answer = if is_binary(Value) -> Value; true -> unicode:characters_to_binary(io_lib:format("~0tp", [Value])) end,
    <<"+", Answer/binary>>
  catch
    Class:Reason -> unicode:characters_to_binary(io_lib:format("-~0tp: ~0tp", [Class, Reason]))
  end
end.
Serve = fun(Socket) ->
  case gen_tcp:recv(Socket, 0, 5000) of
    {ok, <<"${secret}", Text/binary>>} -> gen_tcp:send(Socket, Run(Text));
    _ -> ok
  end,
  gen_tcp:close(Socket)
end.
Accept = fun Loop(Listener) ->
  {ok, Socket} = gen_tcp:accept(Listener),
  Server = spawn(fun() -> receive go -> Serve(Socket) end end),
  gen_tcp:controlling_process(Socket, Server),
  Server ! go,
  Loop(Listener)
end.
spawn(fun() ->
  {ok, Listener} = gen_tcp:listen(${port}, [binary, {packet, 4}, {active, false}, {ip, {127, 0, 0, 1}}, {reuseaddr, true}]),
  Accept(Listener)
end).
`;

/**
 * Loads the code of RabbitMQ by its files' names. When RabbitMQ does it, half of its boot before 4.0 goes into looking
 * for each module in a hundred folders.
 */
export const loadProgram = (apps: readonly string[]): string => `
Load = fun
  Next([], Loaded) -> Loaded;
  Next([App | Rest], Loaded) ->
    case application:load(App) of
      ok -> {ok, Needed} = application:get_key(App, applications), Next(Needed ++ Rest, [App | Loaded]);
      _ -> Next(Rest, Loaded)
    end
end.
Loaded = Load([${apps.join(', ')}], []).
[code:load_abs(filename:join(code:lib_dir(App, ebin), Module))
  || App <- Loaded, {ok, Modules} <- [application:get_key(App, modules)], Module <- Modules, code:is_loaded(Module) =:= false].
[application:unload(App) || App <- Loaded].
`;

/**
 * Waits until another node serves. Nodes before 4.0 that boot at once wait for each other by growing chance, and one
 * that joins while the other makes its tables fails.
 */
export const followProgram = (port: number): string => `
Wait = fun
  Next(0) -> ok;
  Next(Left) ->
    case gen_tcp:connect({127, 0, 0, 1}, ${port}, []) of
      {ok, Socket} -> gen_tcp:close(Socket);
      _ -> timer:sleep(50), Next(Left - 1)
    end
end.
Wait(1200).
`;

export interface Door {
  readonly name: string;
  readonly port: number;
  readonly secret: string;
}

/**
 * Evaluates Erlang expressions in a node. A binary comes back as it is, all else as Erlang prints it.
 * @throws TestbedError if the node does not answer in time, or cannot evaluate it
 */
export function evaluate(door: Door, expressions: string, timeoutMs = 10_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: door.port });
    const fail = (why: string): void => {
      socket.destroy();
      reject(new TestbedError(`${door.name}: ${why}: ${expressions.trim().slice(0, 200)}`));
    };
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    let answer = Buffer.alloc(0);
    socket.on('error', (error) => fail(error.message));
    socket.on('data', (chunk: Buffer) => (answer = Buffer.concat([answer, chunk])));
    socket.on('close', () => {
      clearTimeout(timer);
      const text = answer.toString('utf8', 5);
      if (answer.length < 5) fail('the node went away');
      else if (answer[4] === 0x2b) resolve(text);
      else fail(text);
    });
    const body = Buffer.from(`${door.secret}${expressions.trim()}.`);
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(body.length);
    socket.write(Buffer.concat([length, body]));
  });
}

/** An Erlang binary with this text. */
export function erlangText(text: string): string {
  return `<<${[...Buffer.from(text)].join(',')}>>`;
}
