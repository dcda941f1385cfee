import { dieWithParent, toParent } from '../process/module.ts';
import { GIVE_UP_MS, tryFresh } from './fresh.ts';
import { tryKept } from './kept.ts';
import type { Eyes } from './replies.ts';
import type { ProberNews, ProberOrder, RoleSeen, Sighting } from './sighting.ts';

let sightings: Sighting[] = [];
let roles = new Map<number, string>();
let worstLagMs = 0;
let stop = (): void => undefined;
let count = 0;

const tell = (news: ProberNews): void => void toParent(news);
const nextValue = (): string => `p${String(++count)}`;

const eyes: Eyes = {
  role(port, role, at) {
    if (roles.get(port) === role) return;
    roles.set(port, role);
    const seen: RoleSeen = { type: 'role', port, role, at };
    sightings.push(seen);
    tell(seen);
  },
  wrote(port, value, startedAt, at) {
    // Every write is kept, because which of them survive is known at the end.
    sightings.push({ type: 'wrote', port, value, startedAt, at });
  },
  late(lateMs) {
    worstLagMs = Math.max(worstLagMs, lateMs);
  },
};

function begin({ ports, key, connections }: Extract<ProberOrder, { type: 'begin' }>): void {
  sightings = [];
  roles = new Map();
  worstLagMs = 0;
  switch (connections) {
    case 'fresh':
      stop = tryFresh(ports, key, nextValue, eyes);
      return;
    case 'kept': {
      const stops = ports.map((port) => tryKept(port, key, nextValue, eyes));
      stop = () => {
        for (const each of stops) each();
      };
    }
  }
}

dieWithParent();
process.on('message', (order: ProberOrder) => {
  switch (order.type) {
    case 'begin':
      begin(order);
      return;
    case 'finish':
      stop();
      // The tries that are on their way may still be answered.
      setTimeout(() => {
        tell({ type: 'log', sightings, worstLagMs });
      }, GIVE_UP_MS + 50);
  }
});
tell({ type: 'ready' });
