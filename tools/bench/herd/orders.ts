import type { DriverSpec } from '../load/driver/driver.ts';

export interface HerdSettings {
  readonly driver: DriverSpec;
  readonly clients: number;
  readonly key: string;
}

/** ms between two increments of one client: it is there, and asks for little. */
export const BEAT_MS = 1000;
