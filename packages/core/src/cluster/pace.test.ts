import { Observable } from 'rxjs';
import { expect, it } from 'vitest';
import type { Pace } from '../adapter.ts';
import type { EndpointId, Observation, Role, TopologyDescription } from '../model/index.ts';
import { emptyTopology, endpoint, target, targetId } from '../model/index.ts';
import { defaultReduceLimits, reduce } from '../reduce/index.ts';
import { virtualRuntime } from '../runtime/virtual.ts';
import { paceOf } from './pace.ts';
import { createWatches } from './watches.ts';

const [a, b, c, d, fresh] = [
  endpoint('a:1'),
  endpoint('b:1'),
  endpoint('c:1'),
  endpoint('d:1'),
  endpoint('fresh:1'),
];
const all = [a, b, c, d, fresh];

const roleSeen = (server: EndpointId, shard: string, role: Role): Observation => ({
  type: 'roleSeen',
  server,
  shard,
  role,
});
const claimSeen = (server: EndpointId, shard: string): Observation => ({
  type: 'claimSeen',
  target: targetId(shard, 'primary'),
  server,
  ground: { type: 'confirmed', epoch: [1] },
  openedAt: 1,
});
const lost = (server: EndpointId): Observation => ({
  type: 'serverFailed',
  server,
  openedAt: 1,
  reason: 'closed',
});

/** A with its replica B and C with its replica D serve; nobody has heard of the fifth what it is. */
const settled: readonly Observation[] = [
  {
    type: 'membersSeen',
    source: 'config',
    isFresh: true,
    members: all.map((each) => ({ endpoint: each, kind: 'data' })),
  },
  ...['first', 'second'].map((shard): Observation => ({
    type: 'targetSeen',
    target: target(shard, 'primary'),
  })),
  ...all.map((server): Observation => ({ type: 'serverAnswered', server, openedAt: 1 })),
  roleSeen(a, 'first', 'primary'),
  roleSeen(b, 'first', 'replica'),
  roleSeen(c, 'second', 'primary'),
  roleSeen(d, 'second', 'replica'),
  claimSeen(a, 'first'),
  claimSeen(c, 'second'),
];

const after = (topology: TopologyDescription, ...seen: readonly Observation[]): TopologyDescription =>
  seen.reduce((before, each) => reduce(before, each, 10, defaultReduceLimits).topology, topology);

const paces = (topology: TopologyDescription): readonly Pace[] =>
  [...topology.servers.values()].map((server) => paceOf(server, topology));

it('is idle while all targets are steady', () => {
  expect(paces(after(emptyTopology('toy'), ...settled))).toEqual(all.map(() => 'idle'));
});

it('rises for the shard in trouble and for who may come to be of it, not for the nodes of another shard', () => {
  expect(paces(after(emptyTopology('toy'), ...settled, lost(a)))).toEqual([
    'alert',
    'alert',
    'idle',
    'idle',
    'alert',
  ]);
});

it('rises for all while peers are missed, since each of them may tell', () => {
  const peers: readonly Observation[] = [
    ...[a, b].map((server) => roleSeen(server, 'broker', 'peer')),
    { type: 'targetSeen', target: target('queue', 'primary') },
  ];
  const topology = after(emptyTopology('toy'), ...settled, ...peers);
  expect(paces(topology).slice(0, 2)).toEqual(['alert', 'alert']);
});

it('follows a server that says that it is of another shard now', () => {
  const told = new Map<EndpointId, Pace>();
  const adapter = {
    watch: ({ endpoint: server }: { readonly endpoint: EndpointId }, _: unknown, pace$: Observable<Pace>) =>
      new Observable<never>(() => pace$.subscribe((pace) => told.set(server, pace))),
  };
  const nothing = (): void => undefined;
  const watches = createWatches(adapter as never, undefined, virtualRuntime({ seed: 1 }), nothing, nothing);
  const empty = emptyTopology('toy');
  const steady = after(empty, ...settled);
  const added = all.map((server) => ({ type: 'memberAdded', server, kind: 'data' }) as const);
  watches.follow(settled, added, empty, steady);
  const inTrouble = after(steady, lost(a));
  watches.follow([lost(a)], [], steady, inTrouble);
  expect([b, d].map((server) => told.get(server))).toEqual(['alert', 'idle']);
  const move = roleSeen(d, 'first', 'replica');
  watches.follow([move], [], inTrouble, after(inTrouble, move));
  expect(told.get(d)).toBe('alert');
  watches.close();
});
