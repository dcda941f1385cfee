import type { EndpointId } from '@failover/core';
import type { SeenMaster, SeenRole } from './inspect.ts';

/** What was seen of one master's group at one time, of those members that run. */
export interface GroupView {
  readonly name: string;
  /** All data servers and Sentinels, also those that do not run. */
  readonly serverCount: number;
  readonly sentinelCount: number;
  readonly servers: ReadonlyMap<EndpointId, SeenRole>;
  readonly sentinels: ReadonlyMap<EndpointId, SeenMaster>;
}

/**
 * The server that says it is master and is named by more than half of all Sentinels; without Sentinels the only
 * one that says so.
 */
export function primaryIn(view: GroupView): EndpointId | undefined {
  const masters = [...view.servers].filter(([, role]) => role.type === 'master').map(([server]) => server);
  if (view.sentinelCount === 0) return masters.length === 1 ? masters[0] : undefined;
  return masters.find((server) => {
    const named = [...view.sentinels.values()].filter(
      (seen) => seen.type === 'master' && seen.address === server,
    );
    return named.length * 2 > view.sentinelCount;
  });
}

/** What keeps the group from being settled, as sentences. Empty: all that runs agrees. */
export function disagreements(view: GroupView): readonly string[] {
  const primary = primaryIn(view);
  if (primary === undefined) {
    const roles = [...view.servers].map(([server, role]) => `${server} ${describeRole(role)}`);
    const named = [...view.sentinels].map(([sentinel, seen]) => `${sentinel} ${describeMaster(seen)}`);
    return [`${view.name}: no agreed primary: ${[...roles, ...named].join(', ')}`];
  }
  return [...serverProblems(view, primary), ...sentinelProblems(view, primary)];
}

function serverProblems(view: GroupView, primary: EndpointId): string[] {
  const problems: string[] = [];
  for (const [server, role] of view.servers) {
    if (server === primary) continue;
    if (role.type !== 'slave') problems.push(`${server}, beside primary ${primary}, ${describeRole(role)}`);
    else if (role.of !== primary) problems.push(`${server} replicates ${role.of}, not ${primary}`);
    else if (role.link !== 'connected') problems.push(`${server} has link ${role.link}`);
  }
  return problems;
}

function sentinelProblems(view: GroupView, primary: EndpointId): string[] {
  const problems: string[] = [];
  for (const [sentinel, seen] of view.sentinels) {
    if (seen.type === 'none' || seen.address !== primary) {
      problems.push(`Sentinel ${sentinel} ${describeMaster(seen)}, not ${primary}`);
      continue;
    }
    if (seen.flags.join() !== 'master')
      problems.push(`Sentinel ${sentinel} has ${seen.flags.join()} for ${primary}`);
    if (seen.otherSentinels !== view.sentinelCount - 1) {
      problems.push(`Sentinel ${sentinel} knows ${seen.otherSentinels} others`);
    }
    for (const server of view.servers.keys()) {
      if (server === primary) continue;
      const listed = seen.replicas.find(({ address }) => address === server);
      if (listed?.flags.join() !== 'slave') {
        problems.push(`Sentinel ${sentinel} has ${listed?.flags.join() ?? 'nothing'} for ${server}`);
      }
    }
  }
  return problems;
}

function describeRole(role: SeenRole): string {
  switch (role.type) {
    case 'master':
      return 'says master';
    case 'slave':
      return `replicates ${role.of}`;
    case 'none':
      return `says nothing (${role.reason})`;
  }
}

function describeMaster(seen: SeenMaster): string {
  return seen.type === 'master' ? `names ${seen.address}` : `names nobody (${seen.reason})`;
}
