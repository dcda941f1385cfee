import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchCluster } from '../testing/launch.ts';
import { seriesUnderTest } from '../testing/series-under-test.ts';
import type { RabbitTestbed } from '../testing/testbed.ts';
import { foreignClients } from './test-kit/foreign/clients.ts';
import type { Seen } from './test-kit/foreign/seen.ts';
import type { Story } from './test-kit/foreign/through-faults.ts';
import { throughFaults } from './test-kit/foreign/through-faults.ts';

const chosen = await seriesUnderTest();
const clients = await foreignClients();
const missing = [
  ...chosen.map(({ series, search }) => ({ name: `RabbitMQ ${series}`, search })),
  ...clients.map(({ name, client }) => ({ name, search: client })),
].flatMap(({ name, search }) => (search.type === 'missing' ? [{ ...search, name }] : []));
for (const { name, reason, cure } of missing) console.warn(`SKIPPED ${name}: ${reason}. Cure: ${cure}`);

/** ms: of these a node hangs 5,000. */
const pauseMs = 20_000;

describe.each(chosen)(
  '[44] clients of one gateway, through a kill, a hang, a drain and a rolling restart of RabbitMQ $series',
  ({ search }) => {
    let bed: RabbitTestbed | undefined;
    let story: Story;

    beforeAll(async () => {
      if (search.type === 'missing') return;
      bed = await launchCluster({ server: search.server });
      story = await throughFaults(bed, clients, () => performance.now());
    }, 400_000);
    afterAll(() => bed?.[Symbol.asyncDispose]());

    it('are connected once, and none is told of a loss', ({ skip }) => {
      if (search.type === 'missing') return skip(search.reason);
      expect(story.counters).toMatchObject({
        clients: story.seen.size,
        consumersLost: 0,
        unknown: 0,
        protocolErrors: 0,
        closedSlow: 0,
      });
    });

    describe.each(clients)('$name', ({ id, client }) => {
      const works = (title: string, check: (seen: Seen) => void): void => {
        it(title, ({ skip }) => {
          if (search.type === 'missing') return skip(search.reason);
          if (client.type === 'missing') return skip(`${client.reason}; cure: ${client.cure}`);
          const seen = story.seen.get(id);
          if (seen === undefined) throw new Error('it was not started');
          check(seen);
        });
      };

      works('was on nodes that were broken', () => {
        expect(story.steps.filter(({ hit }) => hit.includes(id)).length).toBeGreaterThan(0);
      });

      works(
        'meets no exception, no close and no nack, and recovers nothing by itself',
        ({ troubles, recoveries }) => {
          expect(troubles).toEqual([]);
          expect(recoveries).toEqual([]);
        },
      );

      works('waits for no fault longer than the broker and a busy machine need', () => {
        const pauses = story.steps.map(({ fault, pauses }) => ({ fault, ...pauses.get(id) }));
        expect(
          pauses.filter(({ confirmMs = 0, consumeMs = 0 }) => Math.max(confirmMs, consumeMs) > pauseMs),
        ).toEqual([]);
      });

      works('gets a confirm for each message that it published', ({ published, confirmed }) => {
        expect(published).toBeGreaterThan(0);
        expect(confirmed.size).toBe(published);
      });

      works('gets each confirmed message, twice only if the second says so', ({ confirmed, consumed }) => {
        expect([...confirmed].filter((each) => !consumed.has(each))).toEqual([]);
        expect([...consumed].filter(([, { unmarked }]) => unmarked > 1)).toEqual([]);
      });
    });
  },
);
