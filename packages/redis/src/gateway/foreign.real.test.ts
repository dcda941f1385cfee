import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { foreignClients } from './test-kit/foreign/clients.ts';
import { countSent } from './test-kit/foreign/count-sent.ts';
import { startLoad } from './test-kit/foreign/foreign-load.ts';
import { openRealGateway } from './test-kit/real-gateway.ts';
import { until } from '../test-kit/until.ts';

const clients = await foreignClients();

/** Of the value that a worker wrote: `writer0-12`, `pipeline-12.2`. */
const numberOf = (value: string): number => Number(value.split('-')[1]);

describe.each(clients)('$name, with timeouts above the hold', ({ client, args }) => {
  it.for(['kill', 'hang'] as const)(
    'goes on through a %s without a new connection',
    async (fault, context) => {
      if (client.type === 'missing') return context.skip(`${client.reason}; cure: ${client.cure}`);
      await using real = await openRealGateway();
      using load = startLoad(client, [...args, String(real.ports.primary)]);
      const own = new Redis({ port: real.ports.primary, enableReadyCheck: false });
      try {
        const written = (): Promise<number> => own.llen('load:values');
        await until(async () => (await written()) > 200);
        const connections = real.accepted;

        if (fault === 'kill') real.bed.kill(real.first);
        else real.bed.hang(real.first);
        await until(() => real.hasSuccessorOf(real.first));
        const before = await written();
        await until(async () => (await written()) > before + 200);
        const seen = await load.finish();

        // A transaction that was open when its server died and whose EXEC was not sent: Redis's own word for it.
        const isAborted = (text: string): boolean => text.includes('EXECABORT failover: ');
        // What a pipeline had behind a command of unknown outcome, and was not sent.
        const isBehind = (text: string): boolean =>
          text.startsWith('pipeline-') && text.includes('TRYAGAIN failover: not executed');
        expect(seen.failed.filter((text) => !isAborted(text) && !isBehind(text))).toEqual([]);
        expect(seen.failed.filter(isAborted).length).toBeLessThanOrEqual(1);
        expect(seen.failed.filter(isBehind).length).toBeLessThanOrEqual(2);
        // At most what each of its workers had in flight, of which a pipeline has three.
        expect(seen.unknown.length).toBeLessThanOrEqual(10);
        expect(seen.acknowledged.filter((value) => value.startsWith('pipeline-')).length).toBeGreaterThan(10);
        expect(real.accepted).toBe(connections);
        const stored = await own.lrange('load:values', 0, -1);
        expect(new Set(stored).size).toBe(stored.length);
        const lost = seen.acknowledged.filter((value) => !stored.includes(value));
        // Redis replicates after it acknowledges: what it had not sent at the fault is lost by Redis.
        expect(lost.length).toBeLessThanOrEqual(50);
        // What one worker had stored, it had stored in the order that it sent.
        for (const worker of ['writer0', 'pipeline']) {
          const its = stored.filter((value) => value.startsWith(`${worker}-`));
          expect(its).toEqual(its.toSorted((a, b) => numberOf(a) - numberOf(b)));
        }
        // A transaction is there whole or not at all.
        expect(Number(await own.get('load:counter'))).toBe(await own.llen('load:transactions'));
        expect(new Set(seen.popped).size).toBe(seen.popped.length);
        expect(seen.popped.length).toBeGreaterThan(10);
        // The subscriber hears what was published by the end, so after the switch.
        const last = Number(seen.messages.at(-1)?.split('-')[1]);
        expect(last).toBeGreaterThan(seen.messages.length / 2);
      } finally {
        own.disconnect();
      }
    },
  );
});

// All of them take two minutes; the one that sends again soonest stands for them.
const isThorough = process.env['FAILOVER_ALL_CLIENTS'] !== undefined;
const faults = isThorough ? (['kill', 'hang', 'pause'] as const) : (['hang'] as const);

/** ms: Sentinels take longer than the clients of this run wait, so that these give up what is held or under way. */
const downAfterMs = isThorough ? 6000 : 4000;

describe.each(clients.filter(({ name }) => isThorough || name === 'go-redis'))(
  '$name, at its default timeouts',
  ({ client, args }) => {
    it.for(faults)('has no value stored more often than it sent it itself: %s', async (fault, context) => {
      if (client.type === 'missing') return context.skip(`${client.reason}; cure: ${client.cure}`);
      await using real = await openRealGateway({ holdMs: 20_000 });
      const { bed } = real;
      for (const sentinel of bed.sentinels)
        await bed.ask(sentinel, 'SENTINEL', 'SET', bed.name, 'down-after-milliseconds', String(downAfterMs));
      using sent = await countSent(real.ports.primary);
      using load = startLoad(client, [...args, String(sent.port), 'defaults']);
      const own = new Redis({ port: real.ports.primary, enableReadyCheck: false });
      try {
        const written = (): Promise<number> => own.llen('load:values');
        await until(async () => (await written()) > 200);

        if (fault === 'kill') bed.kill(real.first);
        else bed.hang(real.first);
        if (fault === 'pause') {
          // It comes back before its Sentinels act, and does what it was sent.
          await pause(downAfterMs - 500);
          bed.resume(real.first);
        } else await until(() => real.hasSuccessorOf(real.first));
        const before = await written();
        await until(async () => (await written()) > before + 200);
        const seen = await load.finish();

        const counts = sent.counts();
        const sentAgain = [...counts.values()].filter((times) => times > 1);
        expect(sentAgain.length + seen.failed.length).toBeGreaterThan(0);
        const stored = new Map<string, number>();
        for (const value of await own.lrange('load:values', 0, -1))
          stored.set(value, (stored.get(value) ?? 0) + 1);
        expect([...stored].filter(([value, times]) => times > (counts.get(value) ?? 0))).toEqual([]);
        // What waited for a client that left was never sent, so its second copy is the only one.
        const twice = [...stored.values()].filter((times) => times > 1);
        if (fault !== 'pause') expect(twice).toEqual([]);
      } finally {
        own.disconnect();
      }
    });
  },
);
