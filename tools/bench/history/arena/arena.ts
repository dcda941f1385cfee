import type { BackendAct, Succession } from '@failover/testing';
import type { Random } from '../../random.ts';
import type { DriverSpec } from '../../load/driver/driver.ts';

/** One fault, and what the servers did about it. */
export interface Struck {
  readonly fault: string;
  readonly at: number;
  /** Who had to do with it, for people. */
  readonly what: string;
  /** Who took over from whom. */
  readonly successions: readonly OwnedSuccession[];
  /** What the servers lost from their beginning until now, by an operator's hand or by their own. */
  readonly losses?: readonly OwnedSuccession[];
  /** By which messages may come late or twice. */
  readonly acts?: readonly BackendAct[];
  /** What the servers could not settle among themselves, and an operator did. */
  readonly settled?: readonly object[] | undefined;
}

/** Of one part of the keys. */
export interface OwnedSuccession extends Succession {
  owns(key: string): boolean;
}

/** A contender that is up: whatever stands between the client and the servers runs. */
export interface Entrant extends AsyncDisposable {
  readonly name: string;
  readonly isOurs: boolean;
  readonly client: DriverSpec;
  /** What a process of ours wrote last. */
  log?(): readonly string[];
}

/** Servers that are broken and healed under load. */
export interface Arena extends AsyncDisposable {
  /** Every fault it knows, as often as it comes among others. */
  readonly faults: readonly string[];
  /** Those of a first figure. */
  readonly quickFaults: readonly string[];
  /** Starts those contenders that were asked for, the usual ones if none was. */
  enter(only: readonly string[] | undefined): Promise<readonly Entrant[]>;
  /**
   * One fault and its healing; resolves when all servers are of one mind again.
   * @param contenders whose keys are in use
   */
  strike(fault: string, random: Random, contenders: readonly string[]): Promise<Struck>;
  /** To where each key's primary is now. */
  locate(): Promise<(key: string) => number>;
}
