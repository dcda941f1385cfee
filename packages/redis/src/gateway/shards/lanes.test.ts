import type { Lease } from '@failover/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { createCommandTable } from '../../protocol/commands/index.ts';
import { encodeCommand } from '../../protocol/encode.ts';
import { afterSubscription } from '../../session/subscriptions.ts';
import type { Lane } from './lane.ts';
import { Lanes } from './lanes.ts';
import { LaneState } from './lane-state.ts';
import { asked } from './owed.ts';
import { turnOfOne } from './turn.ts';
import { unitOf } from './unit.ts';

const ignored = (): undefined => undefined;

let serving: readonly string[];
let served: Set<string>;
/** What each shard was asked, and which connections are closed. */
let heard: string[];
let bound: Lane | undefined;
let rehomed: Lane[];
let state: LaneState;
let lanes: Lanes;

beforeEach(() => {
  serving = ['a', 'b'];
  served = new Set(serving);
  heard = [];
  bound = undefined;
  rehomed = [];
  state = new LaneState();
  lanes = new Lanes({
    slots: { serving: () => serving },
    client: { writableLength: 0, writableNeedDrain: false } as never,
    state,
    answers: {
      framed: ignored,
      mayPass: () => false,
      passed: ignored,
      wasRead: ignored,
      paused: ignored,
      resumed: ignored,
      ended: ignored,
    },
    openLane(shard, client) {
      client.on('data', (chunk) => heard.push(`${shard} ${Buffer.from(chunk).toString()}`));
      return {
        hungUp: () => undefined,
        unheardSince: undefined,
        close: () => void heard.push(`${shard} closed`),
      };
    },
    leaseOf: (shard) => (served.has(shard) ? ({} as Lease) : undefined),
    isBound: (lane) => lane === bound,
    rehome(lane) {
      rehomed.push(lane);
    },
  });
});

function open(shard: string): Lane {
  const lane = lanes.to(shard);
  if (lane === undefined) throw new Error('there is no shard');
  return lane;
}

const ask = (lane: Lane): void => {
  lanes.ask(lane, asked(turnOfOne(), Buffer.from('GET')));
};

describe('the connections of a client to shards', () => {
  it('are opened when they are used, and begin as the client is', () => {
    const bytes = encodeCommand(['AUTH', 'x']);
    state.taken(unitOf(bytes, { ...createCommandTable([]).traitsOf(0, () => ''), name: 'AUTH' }, 0));
    expect(lanes.all).toEqual([]);
    expect(open('a')).toBe(open('a'));
    expect(heard).toEqual([`a ${bytes.toString()}`]);
    expect(lanes).toMatchObject({ inFlight: 1, inFlightBytes: bytes.length });
    expect(lanes.to(undefined)).toBeUndefined();
  });

  it('are used where one can be answered at once, and else where one was used before', () => {
    served = new Set(['b']);
    expect(lanes.toAny()?.shard).toBe('b');
    served = new Set();
    expect(lanes.toAny()?.shard).toBe('b');
    serving = [];
    expect(lanes.toAny()).toBeUndefined();
  });

  it('count what is in flight until it is answered', () => {
    const [a, b] = [open('a'), open('b')];
    ask(a);
    ask(b);
    ask(b);
    expect(lanes).toMatchObject({ inFlight: 3, inFlightBytes: 9 });
    expect(lanes.answered(a)).toMatchObject({ type: 'asked' });
    expect(lanes.answered(a)).toBeUndefined();
    expect(lanes.drop(b)).toHaveLength(2);
    expect(lanes).toMatchObject({ inFlight: 0, inFlightBytes: 0, all: [a] });
    expect(heard.at(-1)).toBe('b closed');
  });
});

describe('a shard that has no slots any more', () => {
  it('is left when all is answered and nothing goes on there', () => {
    const b = open('b');
    ask(b);
    bound = b;
    serving = ['a'];
    lanes.leaveRetired();
    lanes.answered(b);
    lanes.leaveRetired();
    expect(lanes.all).toEqual([b]);
    bound = undefined;
    lanes.leaveRetired();
    expect(lanes.all).toEqual([]);
  });

  it('is not left in silence by a subscriber', () => {
    const b = open('b');
    b.subscriptions = afterSubscription(b.subscriptions, 'SUBSCRIBE', ['news']);
    serving = ['a'];
    lanes.leaveRetired();
    expect(rehomed).toEqual([b]);
  });
});
