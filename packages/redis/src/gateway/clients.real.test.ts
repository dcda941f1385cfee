import { hostOf, portOf } from '@failover/core';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RealGateway } from './test-kit/real-gateway.ts';
import { openRealGateway } from './test-kit/real-gateway.ts';
import { until } from '../test-kit/until.ts';

let real: RealGateway;
const clients: Redis[] = [];
beforeAll(async () => {
  real = await openRealGateway();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});
afterAll(() => real[Symbol.asyncDispose]());

function connect(port = real.ports.primary, host = '127.0.0.1'): Redis {
  const client = new Redis({ port, host, enableReadyCheck: false, retryStrategy: () => null });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

const said = (redis: Redis, line: string): Promise<unknown> =>
  redis.call(...(line.split(' ') as [string])).catch((error: unknown) => (error as Error).message);

describe('CLIENT, over real servers', () => {
  it.for([
    [
      'CLIENT LIST all',
      'CLIENT LIST TYPE odd',
      'CLIENT LIST ID x',
      'CLIENT LIST ID 01',
      'CLIENT LIST ID 99999',
      'CLIENT LIST TYPE master',
    ],
    [
      'CLIENT KILL',
      'CLIENT KILL 1.2.3.4:5',
      'CLIENT KILL ID 0',
      'CLIENT KILL ID 01',
      'CLIENT KILL ID 99999',
      'CLIENT KILL ID 1 ADDR',
    ],
    ['CLIENT KILL TYPE odd', 'CLIENT KILL SKIPME maybe', 'CLIENT KILL ODD x', 'CLIENT KILL TYPE master'],
    ['CLIENT UNBLOCK', 'CLIENT UNBLOCK x', 'CLIENT UNBLOCK 99999', 'CLIENT UNBLOCK 1 now'],
    ['CLIENT UNBLOCK 01', 'CLIENT UNBLOCK 9223372036854775808', 'CLIENT UNBLOCK -0'],
    ['CLIENT GETREDIR', 'CLIENT SETNAME', 'CLIENT NOSUCH'],
  ])('has the words of a server, for %j', async (lines, context) => {
    if (real.bed.kind !== 'redis') return context.skip('words differ among servers; cure: install Redis');
    const [direct, through] = [connect(portOf(real.first), hostOf(real.first)), connect()];
    for (const line of lines)
      expect([line, await said(through, line)]).toEqual([line, await said(direct, line)]);
  });

  it.for([
    ['TIMEOUT', 'resolves', null],
    ['ERROR', 'rejects', /^UNBLOCKED client unblocked via CLIENT UNBLOCK/],
  ] as const)('unblocks another client with %s, which goes on', async ([how, end, value]) => {
    const [asker, waiting] = [connect(), connect()];
    const id = await waiting.client('ID');
    const popped = waiting.blpop('nothing', 0);
    const over =
      end === 'resolves' ? expect(popped).resolves.toBe(value) : expect(popped).rejects.toThrow(value);
    await until(async () => String(await asker.client('LIST', 'ID', id)).includes(' flags=b '));
    // It counts as blocked from when we send it: the server may not have it yet.
    await until(async () => (await asker.call('CLIENT', 'UNBLOCK', id, how)) === 1);
    await over;
    expect(await waiting.set('a', '1')).toBe('OK');
  });

  it('kills one client and no other, and the servers keep their connections', async () => {
    const [asker, other, third] = [connect(), connect(), connect()];
    const id = await other.client('ID');
    expect(await third.set('a', '1')).toBe('OK');
    const before = real.session.counters['sharedUpstreams'];
    expect(await asker.client('KILL', 'ID', id)).toBe(1);
    await until(() => other.status === 'end');
    expect(await third.get('a')).toBe('1');
    expect(String(await asker.client('LIST'))).not.toContain(`id=${id} `);
    expect(real.session.counters['sharedUpstreams']).toBe(before);
  });
});
