import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Consumer } from '../session/consumer.ts';
import { createConsumer } from '../session/consumer.ts';
import { consume } from '../testing/embedded/test-kit/speak.ts';
import { createDeliveries } from './deliveries.ts';
import { beginMessage } from './message.ts';
import { createPublishes } from './publishes.ts';

const consumer = (): Consumer => createConsumer(consume('q', 'c'), 0);

describe('confirms around failovers', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant({ type: 'publish' as const }) },
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant('confirm' as const), at: fc.nat(20), multiple: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.constant({ type: 'failover' as const }) },
  );

  it('[11] [12] settle each of the client once, and exactly those that the broker spoke of', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const publishes = createPublishes();
        let seq = 0;
        /** What the broker has on this channel, in its own numbers from 1. */
        let upstream: (number | undefined)[] = [];
        const open = new Set<number>();
        const settle = (word: { readonly seq: number; readonly multiple: boolean } | undefined): void => {
          if (word === undefined) return;
          const settled = word.multiple ? [...open].filter((each) => each <= word.seq) : [word.seq];
          for (const each of settled) expect(open.delete(each)).toBe(true);
        };
        for (const each of steps) {
          switch (each.type) {
            case 'publish':
              seq += 1;
              open.add(seq);
              upstream.push(seq);
              publishes.sent(beginMessage(Buffer.alloc(10), 0, 10, seq));
              break;
            case 'confirm': {
              const at = upstream.findIndex((left, index) => left !== undefined && index >= each.at);
              if (at < 0) break;
              const before = new Set(open);
              const spokenOf = each.multiple ? upstream.slice(0, at + 1) : [upstream[at]];
              settle(publishes.confirmed(at + 1, each.multiple));
              const settled = [...before].filter((one) => !open.has(one));
              expect(settled.sort()).toEqual(spokenOf.filter((one) => one !== undefined).sort());
              for (let index = each.multiple ? 0 : at; index <= at; index += 1) upstream[index] = undefined;
              break;
            }
            case 'failover': {
              const left = publishes.nextEpoch();
              expect(left.map((message) => message.seq)).toEqual([...open].sort((a, b) => a - b));
              upstream = left.map((message) => message.seq);
              for (const message of left) publishes.sent(message);
            }
          }
          expect(publishes.count).toBe(open.size);
          expect(publishes.bytes).toBe(open.size * 10);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('delivery tags around failovers', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ type: fc.constant('deliver' as const), isHeld: fc.boolean() }) },
    { weight: 2, arbitrary: fc.constant({ type: 'release' as const }) },
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant('settle' as const), tag: fc.nat(60), multiple: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.constant({ type: 'failover' as const }) },
  );

  it('settle upstream what the client was shown and meant, nothing else and nothing twice', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const deliveries = createDeliveries();
        const one = consumer();
        let epoch = 0;
        let upstreamTag = 0;
        let held: number[] = [];
        /** The client's tag → what it stands for. */
        const shown = new Map<number, { readonly epoch: number; readonly upstreamTag: number }>();
        /** What the broker waits to have settled. */
        let owed = new Set<number>();
        let issued = 0;
        const show = (tag: number): void => {
          issued += 1;
          expect(deliveries.issue(tag, one, true)).toBe(issued);
          shown.set(issued, { epoch, upstreamTag: tag });
        };
        for (const each of steps) {
          switch (each.type) {
            case 'deliver':
              upstreamTag += 1;
              owed.add(upstreamTag);
              if (each.isHeld) {
                held.push(upstreamTag);
                deliveries.holdOne();
              } else show(upstreamTag);
              break;
            case 'release': {
              const tag = held.shift();
              if (tag === undefined) break;
              deliveries.releaseOne();
              show(tag);
              break;
            }
            case 'settle': {
              const meant = each.multiple
                ? [...shown.keys()].filter((tag) => each.tag === 0 || tag <= each.tag)
                : [each.tag];
              const settled = deliveries.settle(each.tag, each.multiple);
              if (settled.type === 'unknownTag') {
                // Never issued, or settled before in this epoch.
                expect(shown.has(each.tag)).toBe(false);
                break;
              }
              const expected = meant
                .map((tag) => shown.get(tag))
                .filter((entry) => entry?.epoch === epoch)
                .map((entry) => entry?.upstreamTag);
              const told =
                settled.type === 'nothing'
                  ? []
                  : settled.type === 'each'
                    ? [...settled.tags]
                    : settled.multiple
                      ? [...owed].filter((tag) => tag <= settled.tag)
                      : [settled.tag];
              expect(told.sort()).toEqual(expected.sort());
              for (const tag of told) expect(owed.delete(tag)).toBe(true);
              if (settled.type === 'one' && settled.isAllSoFar)
                expect([...owed].filter((tag) => tag <= settled.tag)).toEqual([]);
              for (const tag of meant) shown.delete(tag);
              break;
            }
            case 'failover':
              deliveries.nextEpoch();
              epoch += 1;
              upstreamTag = 0;
              held = [];
              owed = new Set();
          }
          expect(one.unsettled).toBe(shown.size);
        }
      }),
      { numRuns: 500 },
    );
  });
});
