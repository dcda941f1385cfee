import { hostOf, portOf, type EndpointId } from '@failover/core';
import { itemsOf, textOf, type RespValue } from '../protocol/value.ts';
import { askOnce, connectResp } from './resp-client.ts';
import { TestbedError, type RedisTestbed } from './testbed.ts';

// What only Redis can do to itself. Each is one command away on a real server; the double knows those that need no Lua.

/** The server closes connections of one kind, as a Sentinel makes it do when it promotes. Resolves with how many. */
export async function killClients(
  testbed: RedisTestbed,
  server: EndpointId,
  kind: 'normal' | 'pubsub' | 'replica' = 'normal',
): Promise<number> {
  const reply = await must(testbed, server, 'CLIENT', 'KILL', 'TYPE', kind);
  return reply.type === 'integer' ? Number(reply.value) : 0;
}

/**
 * Roles change by hand, as by `FAILOVER` or an operator: no connection is closed, and clients of a server that
 * became a replica see READONLY. `undefined` promotes.
 */
export async function replicaOf(
  testbed: RedisTestbed,
  server: EndpointId,
  master: EndpointId | undefined,
): Promise<void> {
  const target = master === undefined ? ['NO', 'ONE'] : [hostOf(master), String(portOf(master))];
  await must(testbed, server, 'REPLICAOF', ...target);
}

/**
 * A returned primary follows the current one at once, as an operator can make it do. Sentinel itself gives it 8 to
 * 11 s, the longest part of a test with many faults.
 */
export async function rejoin(testbed: RedisTestbed, server: EndpointId, name = testbed.name): Promise<void> {
  const primary = await testbed.primary(name);
  if (primary === undefined) throw new TestbedError(`${name} has no primary to follow`);
  if (primary !== server) await replicaOf(testbed, server, primary);
}

/** The server says READONLY for a while and then is primary again, without a failover. */
export async function flipReadOnly(testbed: RedisTestbed, primary: EndpointId): Promise<() => Promise<void>> {
  const other = testbed.servers.find((server) => server !== primary && testbed.isRunning(server));
  if (other === undefined) throw new TestbedError('no other server runs');
  await replicaOf(testbed, primary, other);
  return () => replicaOf(testbed, primary, undefined);
}

/** Not even a PING is answered for so long, but the process is there. Resolves when it answers again. */
export async function sleep(testbed: RedisTestbed, server: EndpointId, ms: number): Promise<void> {
  await askOnce(testbed.runtime, server, ['DEBUG', 'SLEEP', String(ms / 1_000)], ms + 5_000);
}

/**
 * A Lua script computes for so long. Others wait, and get BUSY once `busyAfterMs` have passed (Redis: 5 s).
 * Resolves when it is done.
 */
export async function runLongScript(
  testbed: RedisTestbed,
  server: EndpointId,
  ms: number,
  busyAfterMs = 5_000,
): Promise<void> {
  await must(testbed, server, 'CONFIG', 'SET', 'lua-time-limit', String(busyAfterMs));
  const script = luaThatTakes(ms);
  const reply = await askOnce(testbed.runtime, server, ['EVAL', script, '0'], ms * 40 + 5_000);
  if (textOf(reply) !== 'done') throw new TestbedError(`${server}: the script ended with ${describe(reply)}`);
}

/**
 * A script that takes so long, or longer where the server does not get a whole processor: old servers have no CPU clock
 * in Lua, and in newer ones TIME stands still while a script runs.
 */
export function luaThatTakes(ms: number): string {
  return `
    local hasClock, clock = pcall(function() return os.clock end)
    if not hasClock then
      clock = function() local t = redis.call('TIME') return tonumber(t[1]) + tonumber(t[2]) / 1000000 end
    end
    local ends = clock() + ${ms / 1_000}
    while clock() < ends do end
    return 'done'`;
}

/** The server loads its data again, slowly, and answers LOADING meanwhile. Resolves when it has loaded. */
export async function load(testbed: RedisTestbed, server: EndpointId, ms: number): Promise<void> {
  const keys = 20;
  const client = connectResp(testbed.runtime, server);
  const run = async (...command: readonly string[]): Promise<void> => {
    const reply = await client.send(command, ms + 10_000);
    if (reply.type === 'error') throw new TestbedError(`${server}: ${command[0] ?? ''}: ${reply.text}`);
  };
  try {
    await run('DEBUG', 'POPULATE', String(keys), 'failover:padding', '4096');
    // It looks for other clients only after so many bytes.
    await run('CONFIG', 'SET', 'loading-process-events-interval-bytes', '1024');
    await run('CONFIG', 'SET', 'key-load-delay', String(Math.round((ms * 1_000) / keys)));
    await run('DEBUG', 'RELOAD');
    await run('CONFIG', 'SET', 'key-load-delay', '0');
    await run('DEL', ...Array.from({ length: keys }, (_, at) => `failover:padding:${at}`));
  } finally {
    client.close();
  }
}

async function must(
  testbed: RedisTestbed,
  server: EndpointId,
  ...command: readonly string[]
): Promise<RespValue> {
  const reply = await testbed.ask(server, ...command);
  if (reply.type === 'error') {
    throw new TestbedError(`${server}: ${command.slice(0, 2).join(' ')}: ${reply.text}`);
  }
  return reply;
}

function describe(reply: RespValue): string {
  return reply.type === 'error' ? reply.text : (textOf(reply) ?? `${(itemsOf(reply) ?? []).length} items`);
}
