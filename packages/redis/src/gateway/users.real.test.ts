import { connect } from 'node:net';
import { hostOf, portOf } from '@failover/core';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RealGateway } from './test-kit/real-gateway.ts';
import { openRealGateway } from './test-kit/real-gateway.ts';

let real: RealGateway;
beforeAll(async () => {
  const clients = [{ password: 'letmein' }, { username: 'app', password: 'hunter2' }];
  real = await openRealGateway({ clients }, { password: 'letmein' });
});
afterAll(() => real[Symbol.asyncDispose]());

/** All that is answered to these lines. */
function said(host: string, port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.once('error', reject);
    socket.once('close', () => {
      // Redis 7.0 does not name the version there yet.
      resolve(text.replaceAll('HELLO <proto> AUTH', 'HELLO AUTH'));
    });
    socket.write(`${[...lines, 'QUIT'].join('\r\n')}\r\n`);
  });
}

describe('a gateway with users of its own', () => {
  it.for([
    ['GET a', 'PING', 'MULTI', 'SUBSCRIBE a b', 'COMMAND COUNT', 'CLIENT ID', 'BLPOP a 0'],
    ['HELLO', 'HELLO 3', 'HELLO 4', 'HELLO x', 'HELLO 3 SETNAME me', 'HELLO 3 AUTH default'],
    ['AUTH wrong', 'AUTH nobody letmein', 'AUTH default wrong', 'HELLO 3 AUTH default wrong', 'PING'],
    ['AUTH letmein', 'SET a 1', 'AUTH wrong', 'GET a', 'RESET', 'GET a', 'AUTH default letmein', 'GET a'],
  ])('has the words of a server that requires a password, for %j', async (lines, context) => {
    if (real.bed.kind !== 'redis') return context.skip('words differ among servers; cure: install Redis');
    const direct = await said(hostOf(real.first), portOf(real.first), lines);
    expect(await said('127.0.0.1', real.ports.primary, lines)).toBe(direct);
  });

  it('serves an unmodified client as the configured user, and turns away one without a password', async () => {
    const options = { port: real.ports.primary, retryStrategy: () => null, lazyConnect: true };
    const app = new Redis({ ...options, username: 'app', password: 'hunter2' });
    const stranger = new Redis({ ...options, enableReadyCheck: false });
    stranger.on('error', () => undefined);
    try {
      expect(await app.set('of:app', 1)).toBe('OK');
      expect(await app.call('ACL', 'WHOAMI')).toBe('default');
      await expect(stranger.get('of:app')).rejects.toThrow(/^NOAUTH/);
    } finally {
      app.disconnect();
      stranger.disconnect();
    }
  });
});
