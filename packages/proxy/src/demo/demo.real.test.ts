import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startProcess, type SupervisedProcess } from '@failover/testing';
import { demo as rabbitmq, findAny } from '@failover/rabbitmq/testing';
import { demo as redis, findServer } from '@failover/redis/testing';
import { describe, expect, it } from 'vitest';
import type { Demo } from './contract.ts';

// The backends do not know this contract's name; that they keep it is checked here.
const kept: { readonly redis: Demo; readonly rabbitmq: Demo } = { redis, rabbitmq };

function start(
  backend: keyof typeof kept,
  env: Readonly<Record<string, string>> = {},
): Promise<SupervisedProcess> {
  return startProcess({
    env: { ...process.env, ...env },
    command: process.execPath,
    args: [
      '--import',
      import.meta.resolve('tsx'),
      '--conditions=@failover/source',
      fileURLToPath(new URL('../bin.ts', import.meta.url)),
      'demo',
      backend,
    ],
  });
}

/** What a process started. */
function childrenOf(parent: number): readonly number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=']).toString().trim().split('\n');
  return lines
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid = 0, of]) => (of === parent ? [pid] : []));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the demo of Redis', { timeout: 180_000 }, () => {
  it('shows a kill and a hang in which nothing is lost by us, doubled or disconnected', async (context) => {
    const server = await findServer();
    if (server.kind === 'embedded') context.skip(`no real server: ${server.how}`);
    const first = (await kept.redis.find()).name;
    await using shown = await start('redis');
    const { code } = await shown.exited;
    const lines = shown.log.lines();
    const text = lines.join('\n');
    expect(text).toContain('kill -9 on the primary');
    expect(text).toContain('the primary hangs');
    expect(text).toMatch(/lost by us +0\n/);
    expect(text).toMatch(/doubled +0\n/);
    expect(text).toMatch(/client connections closed +0\n/);
    expect(text).toMatch(/acknowledged +[\d,]{5,}\n/);
    expect(lines[0]).toBe(`failover demo on ${first}`);
    expect(lines.at(-1)).toBe(`Nothing was lost by us or doubled; on ${first}`);
    expect(code).toBe(0);
  });

  it('leaves nothing behind when it is interrupted', async (context) => {
    const server = await findServer();
    if (server.kind === 'embedded') context.skip(`no real server: ${server.how}`);
    await using shown = await start('redis');
    await shown.logLine(/clients on 127/);
    // Six servers, the local process, and who cleans up should we be killed.
    const children = childrenOf(shown.pid);
    expect(children.length).toBeGreaterThanOrEqual(7);
    process.kill(shown.pid, 'SIGINT');
    expect(await shown.exited).toEqual({ code: 130, signal: null });
    await expect.poll(() => children.filter(isAlive)).toEqual([]);
  });
});

describe('the demo of RabbitMQ', { timeout: 240_000 }, () => {
  async function proveNothingLost(shown: SupervisedProcess, name: string): Promise<void> {
    const { code } = await shown.exited;
    const text = shown.log.lines().join('\n');
    expect(text).toContain('kill -9 on the node that leads the queue');
    expect(text).toMatch(/hangs/);
    expect(text).toMatch(/lost by us +0\n/);
    expect(text).toMatch(/lost by the servers +0\n/);
    expect(text).toMatch(/doubled +0\n/);
    expect(text).toMatch(/unknown +0\n/);
    expect(text).toMatch(/client connections closed +0\n/);
    expect(text).toContain(`failover demo on ${name}`);
    expect(code, text).toBe(0);
  }

  it('loses, doubles and disconnects nothing on real nodes', async (context) => {
    const search = await findAny();
    if (search.type === 'missing') context.skip(`${search.reason}. Cure: ${search.cure}`);
    await using shown = await start('rabbitmq');
    await proveNothingLost(shown, (await kept.rabbitmq.find()).name);
  });

  it('says loudly that it is played on a double', async () => {
    await using shown = await start('rabbitmq', { FAILOVER_RABBITMQ: 'embedded' });
    await proveNothingLost(shown, 'NOT A REAL SERVER, a double: embedded double');
  });
});
