import type { ElectedGroup } from './elected-group.ts';
import type { SimulatedFault } from './run-seed.ts';

/** A schedule drawn from a seed: kills, hangs, forced elections, witnesses and leaders that die, slow links. */
export function randomFaults(
  count: number,
  gapMs: number,
): (random: () => number) => readonly SimulatedFault[] {
  return (random) =>
    Array.from({ length: count }, (_, at) => {
      const kind = Math.floor(random() * kinds.length);
      const healAfterMs = 300 + random() * gapMs * 1.5;
      const act = kinds[kind] ?? kinds[0];
      return [
        { atMs: 200 + at * gapMs * (0.7 + random() * 0.6), act: act.begin },
        { atMs: 200 + at * gapMs + healAfterMs, act: act.heal },
      ];
    })
      .flat()
      .sort((a, b) => a.atMs - b.atMs);
}

interface Kind {
  readonly begin: (group: ElectedGroup) => void;
  readonly heal: (group: ElectedGroup) => void;
}

const reviveAll = (group: ElectedGroup): void => {
  for (const server of group.servers) {
    server.slowMs = 0;
    if (server.mode !== 'alive') group.revive(server);
  }
};
const wakeWitnesses = (group: ElectedGroup): void => {
  for (const witness of group.witnesses) witness.mode = 'alive';
};

const kinds: readonly [Kind, ...Kind[]] = [
  {
    begin: (group) => {
      group.kill(group.primary());
    },
    heal: reviveAll,
  },
  {
    begin: (group) => {
      group.hang(group.primary());
    },
    heal: reviveAll,
  },
  {
    begin: (group) => {
      group.forceFailover();
    },
    heal: () => undefined,
  },
  {
    begin: (group) => {
      const leader = group.leader();
      if (leader !== undefined) leader.mode = 'dead';
    },
    heal: wakeWitnesses,
  },
  {
    begin: (group) => {
      const witness = group.witnesses[group.promotions.length % group.witnesses.length];
      if (witness !== undefined) witness.mode = 'hung';
    },
    heal: wakeWitnesses,
  },
  {
    begin: (group) => {
      for (const server of group.servers) server.slowMs = 80;
    },
    heal: reviveAll,
  },
];
