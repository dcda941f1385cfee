import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { openRealGateway } from '../gateway/test-kit/real-gateway.ts';
import type { RealGateway } from '../gateway/test-kit/real-gateway.ts';
import { until } from '../test-kit/until.ts';
import { createClient } from './create-client.ts';

/** Servers and Sentinels that talk TLS alone, and a gateway before them. */
async function securedGateway(context: TestContext): Promise<RealGateway> {
  try {
    return await openRealGateway({}, { isSecured: true });
  } catch (error) {
    if (/Bad directive/.test(String(error)))
      context.skip('this server is built without TLS; cure: name one with TLS in FAILOVER_SERVER');
    throw error;
  }
}

describe('real servers and Sentinels that ask for a certificate', () => {
  it.for(['kill', 'hang'] as const)(
    '[30] are followed through a %s, in process and by a client of the gateway',
    async (fault, context) => {
      await using real = await securedGateway(context);
      const { bed, first } = real;
      await using client = createClient({ ...bed.config, downAfterMs: 1000, holdMs: 60_000 });
      const foreign = new Redis({ port: real.ports.primary, enableReadyCheck: false });
      try {
        await client.redis.set('a', '1');
        await foreign.set('b', '1');
        expect(await client.redis.wait(2, 30_000)).toBeGreaterThan(0);
        bed[fault](first);
        // A read may go twice, so that it waits for the successor, whatever became of the connection.
        expect(await Promise.all([client.redis.get('a'), foreign.get('b')])).toEqual(['1', '1']);
        await until(() => real.hasSuccessorOf(first));
        await client.redis.set('a', '2');
        expect(await foreign.get('a')).toBe('2');
        expect(real.accepted).toBe(1);
        expect(foreign.status).toBe('ready');
      } finally {
        foreign.disconnect();
      }
    },
  );
});
