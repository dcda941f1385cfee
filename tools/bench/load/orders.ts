import type { DriverSpec, Told } from './driver/driver.ts';

/** What is appended to one key, and what the same clients do meanwhile. */
export interface LoadPlan {
  readonly key: string;
  readonly workers: number;
  /** ms between two operations of one worker. */
  readonly everyMs: number;
  readonly beside?: BesidePlan | undefined;
}

/** Reads and writes of keys that the fault does not touch. */
export interface BesidePlan {
  readonly keys: readonly string[];
  readonly workers: number;
  readonly everyMs: number;
}

export interface LoadSettings extends LoadPlan {
  readonly driver: DriverSpec;
  /** JSON lines, one for each operation. */
  readonly historyFile: string;
  readonly besideFile: string;
}

export type LoadOrder =
  | { readonly type: 'begin'; readonly settings: LoadSettings }
  | { readonly type: 'lastAcks' }
  | { readonly type: 'finish' };

export interface LoadFinished {
  readonly type: 'finished';
  readonly operations: number;
  readonly told?: Told;
  /** Connections of the application that were closed under its hands. */
  readonly closed: number;
  readonly worstLagMs: number;
}

export type LoadNews =
  | { readonly type: 'started' }
  | { readonly type: 'ready' }
  | { readonly type: 'lastAcks'; readonly at: readonly number[] }
  | LoadFinished;
