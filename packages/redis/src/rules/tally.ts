import type { EndpointId } from '@failover/core';
import type { Witness, Witnesses } from './witness.ts';
import { namedBy } from './witness.ts';

/** Sentinels by run id → the epoch domain in which they count. */
export type Domains = ReadonlyMap<string, number>;

export interface Tally {
  /** Sentinels that can be heard, know the name and trust their clock. */
  readonly heard: number;
  /** Sentinels as they count themselves. */
  readonly of: number;
  readonly majority?: Majority;
  /** Below a majority: what more than half of those who can be heard say. */
  readonly minority?: Majority;
}

/** What more than half of the Sentinels say, word for word the same. */
export interface Majority {
  readonly server: EndpointId;
  readonly configEpoch: number;
  readonly voters: readonly string[];
  /** Nobody among them was ever seen before: their epochs count from zero again. */
  readonly isNewDomain: boolean;
}

/**
 * Counts the Sentinels' voices. A Sentinel of an older domain is stale by definition and has none. One that was
 * just deployed knows nobody but itself for two seconds: it is not a majority of one if others are configured.
 * @param configured how many Sentinels the user listed
 */
export function tally(witnesses: Witnesses, domains: Domains, configured: number): Tally {
  const newest = Math.max(-1, ...domains.values());
  const voices = [...voicesOf(witnesses).values()].filter(
    (voice) => (domains.get(voice.id) ?? newest) === newest,
  );
  const least = configured > 1 ? 2 : 1;
  const ofHeard = Math.max(least, voices.length, ...voices.map(countedBy));
  const remembered = [...witnesses.values()].filter((witness) => domains.get(witness.id) === newest);
  const of = Math.max(ofHeard, ...remembered.map(countedBy));
  const known = (voice: Witness): boolean => domains.has(voice.id);
  const agreed = agreement(voices, of, false);
  // Those that were replaced are remembered, but cannot outvote their successors by being gone.
  const replacing =
    domains.size > 0
      ? agreement(
          voices.filter((voice) => !known(voice)),
          ofHeard,
          true,
        )
      : undefined;
  const majority = replacing ?? agreed;
  const minority = majority === undefined ? agreement(voices, voices.length, false) : undefined;
  return {
    heard: voices.length,
    of: replacing === undefined ? of : ofHeard,
    ...(majority && { majority }),
    ...(minority && { minority }),
  };
}

function agreement(voices: readonly Witness[], of: number, isNewDomain: boolean): Majority | undefined {
  const groups = new Map<string, { server: EndpointId; configEpoch: number; voters: string[] }>();
  for (const voice of voices) {
    const server = namedBy(voice);
    if (server === undefined || voice.master === undefined) continue;
    const { configEpoch } = voice.master;
    const key = `${server} ${configEpoch}`;
    const group = groups.get(key) ?? { server, configEpoch, voters: [] };
    group.voters.push(voice.id);
    groups.set(key, group);
  }
  for (const group of groups.values()) {
    if (group.voters.length * 2 > of) return { ...group, isNewDomain };
  }
  return undefined;
}

/** One voice for each run id: a Sentinel that is listed by name and by number is still one. */
function voicesOf(witnesses: Witnesses): ReadonlyMap<string, Witness> {
  const voices = new Map<string, Witness>();
  for (const witness of witnesses.values()) {
    if (!witness.isHeard || witness.isTilt || witness.master === undefined) continue;
    const other = voices.get(witness.id);
    if (other === undefined || other.openedAt < witness.openedAt) voices.set(witness.id, witness);
  }
  return voices;
}

function countedBy(witness: Witness): number {
  return witness.master === undefined ? 0 : witness.master.otherSentinels + 1;
}
