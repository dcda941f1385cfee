import type { DriverSpec, Told } from './driver/driver.ts';

export interface LoadSettings {
  readonly driver: DriverSpec;
  readonly workers: number;
  /** ms between two operations of one worker. */
  readonly everyMs: number;
  readonly key: string;
  /** JSON lines, one for each operation. */
  readonly historyFile: string;
}

export type LoadOrder =
  | { readonly type: 'begin'; readonly settings: LoadSettings }
  | { readonly type: 'lastAcks' }
  | { readonly type: 'finish' };

export interface LoadFinished {
  readonly type: 'finished';
  readonly operations: number;
  readonly told?: Told;
  readonly worstLagMs: number;
}

export type LoadNews =
  | { readonly type: 'started' }
  | { readonly type: 'ready' }
  | { readonly type: 'lastAcks'; readonly at: readonly number[] }
  | LoadFinished;
