import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  EndpointId,
  FailoverState,
  ServerDescription,
  TargetDescription,
  TopologyDescription,
} from '../model/index.ts';
import { emptyTopology, endpoint, noClaim, target, unknownServer } from '../model/index.ts';
import { withServer, withTarget } from '../model/index.ts';
import type { Picker } from './index.ts';
import { members, nearest, orPrimary } from './index.ts';

const [a, b, c, d] = [endpoint('a:1'), endpoint('b:1'), endpoint('c:1'), endpoint('d:1')];

function server(of: EndpointId, more: Partial<ServerDescription>): ServerDescription {
  return { ...unknownServer(of, 'data'), shard: 'main', role: 'replica', availability: 'up', ...more };
}

const away = (of: EndpointId, roundTripMs: number): ServerDescription => server(of, { roundTripMs });

function targetOf(shard: string, role: 'primary' | 'replica', state: FailoverState): TargetDescription {
  return { ...target(shard, role), state, since: 0, claim: noClaim, fence: 0 };
}

/** A shard whose primary is A, with these servers beside it. */
function shard(servers: readonly ServerDescription[], state: FailoverState = 'steady'): TopologyDescription {
  const main: TargetDescription = {
    ...targetOf('main', 'primary', state),
    claim: { type: 'confirmed', server: a, epoch: [1] },
  };
  const empty = withTarget(emptyTopology('toy'), main);
  return [server(a, { role: 'primary', roundTripMs: 0.1 }), ...servers].reduce(withServer, empty);
}

/** Whom so many readers go to, in turn. */
function readers(
  picker: Picker,
  topology: TopologyDescription,
  count = 6,
): readonly (EndpointId | undefined)[] {
  const pick = picker.compile(topology, targetOf('main', 'replica', 'steady'));
  return Array.from({ length: count }, (_, turn) => pick(turn));
}

describe('the nearest', () => {
  it('takes turns among those that are about as near, and leaves out who is much further', () => {
    const topology = shard([away(b, 1), away(c, 2.9), away(d, 3.1)]);
    expect(readers(nearest, topology, 4)).toEqual([b, c, b, c]);
  });

  it('makes no difference below a millisecond', () => {
    expect(readers(nearest, shard([away(b, 0.05), away(c, 1.1)]), 2)).toEqual([b, c]);
  });

  it('is the one of those that can be used now: the next nearest when it is doubted', () => {
    const doubted = { ...away(b, 1), availability: 'suspect' } as const;
    expect(new Set(readers(nearest, shard([doubted, away(c, 21), away(d, 90)])))).toEqual(new Set([c]));
  });

  it('is looked for within the shard', () => {
    const elsewhere = { ...away(b, 1), shard: 'other' };
    expect(new Set(readers(nearest, shard([elsewhere, away(c, 21)])))).toEqual(new Set([c]));
  });

  it('is anybody while no round trip is known, and may be one that was not measured yet', () => {
    expect(readers(nearest, shard([server(b, {}), server(c, {})]), 2)).toEqual([b, c]);
    expect(readers(nearest, shard([server(b, {}), away(c, 1), away(d, 21)]), 2)).toEqual([b, c]);
  });

  it('is always one of the members, has always one if they have, and its turns reach each that is near', () => {
    const some = fc.record(
      {
        availability: fc.constantFrom('up' as const, 'up' as const, 'suspect' as const, 'down' as const),
        role: fc.constantFrom('replica' as const, 'replica' as const, 'unknown' as const),
        roundTripMs: fc.double({ min: 0, max: 100, noNaN: true }),
      },
      { requiredKeys: ['availability', 'role'] },
    );
    fc.assert(
      fc.property(fc.tuple(some, some, some), (servers) => {
        const topology = shard(
          servers.map((each, at) => server([b, c, d][at] ?? b, each as Partial<ServerDescription>)),
        );
        const [picked, all] = [nearest, members].map((each) => new Set(readers(each, topology)));
        for (const each of all ?? []) {
          const { roundTripMs: ms } = topology.servers.get(each ?? a) ?? {};
          const others = [...(all ?? [])].map((other) => topology.servers.get(other ?? a)?.roundTripMs);
          const isNear =
            ms === undefined || others.every((other) => other === undefined || ms <= 2 * other + 1);
          expect(picked?.has(each)).toBe(isNear);
        }
        for (const each of picked ?? []) expect(all?.has(each)).toBe(true);
      }),
    );
  });
});

describe('a picker that falls back to the primary', () => {
  it('picks it only when nobody else can be picked', () => {
    expect(readers(orPrimary(nearest), shard([away(b, 500)]), 2)).toEqual([b, b]);
    expect(readers(orPrimary(nearest), shard([server(b, { availability: 'down' })]), 2)).toEqual([a, a]);
  });

  it('picks nobody while the primary is doubted', () => {
    expect(readers(orPrimary(members), shard([], 'suspect'), 1)).toEqual([undefined]);
  });

  it('that stands alone picks nobody then', () => {
    expect(readers(members, shard([]), 1)).toEqual([undefined]);
    expect(readers(nearest, shard([]), 1)).toEqual([undefined]);
  });
});
