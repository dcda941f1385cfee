import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { openRealGateway, until } from './test-kit/real-gateway.ts';
import { findRedisPy, startPython } from './test-kit/redis-py.ts';

const python = await findRedisPy();
if (python.type === 'missing') {
  console.warn(
    `SKIPPED redis-py: ${python.reason}. Cure: install Python 3 with pip and a reachable registry`,
  );
}

describe.skipIf(python.type === 'missing').each(['sync', 'asyncio'] as const)('redis-py, %s', (mode) => {
  it.each(['kill', 'hang'] as const)('goes on through a %s without a new connection', async (fault) => {
    if (python.type === 'missing') return;
    await using real = await openRealGateway();
    using load = startPython(python.wheel, mode, real.ports.primary);
    const own = new Redis({ port: real.ports.primary, enableReadyCheck: false });
    try {
      const written = (): Promise<number> => own.llen('py:values');
      await until(async () => (await written()) > 200);
      const connections = real.accepted;

      if (fault === 'kill') real.bed.kill(real.first);
      else real.bed.hang(real.first);
      await until(() => real.hasSuccessorOf(real.first));
      const before = await written();
      await until(async () => (await written()) > before + 200);
      const seen = await load.finish();

      expect(seen.failed).toEqual([]);
      // At most what each of seven workers had in flight.
      expect(seen.unknown.length).toBeLessThanOrEqual(8);
      expect(real.accepted).toBe(connections);
      const stored = await own.lrange('py:values', 0, -1);
      expect(new Set(stored).size).toBe(stored.length);
      const lost = seen.acknowledged.filter((value) => !stored.includes(value));
      // Redis replicates after it acknowledges: what it had not sent at the fault is lost by Redis.
      expect(lost.length).toBeLessThanOrEqual(30);
      // A transaction is there whole or not at all.
      expect(Number(await own.get('py:counter'))).toBe(await own.llen('py:transactions'));
      expect(new Set(seen.popped).size).toBe(seen.popped.length);
      const [last] = seen.messages.slice(-1);
      expect(seen.popped.length).toBeGreaterThan(10);
      // The subscriber hears what was published by the end, so after the switch.
      expect(Number(last?.split('-')[1])).toBeGreaterThan(seen.messages.length / 2);
    } finally {
      own.disconnect();
    }
  });
});
