import type { Heard, RawClient, RawClientOptions } from '../raw-client.ts';

/** What a scenario plays on. */
export interface Stage {
  readonly first: RawClient;
  /** One more connection; with options it is taken as it comes. */
  another(options?: Partial<RawClientOptions>): Promise<RawClient>;
  /** Until the server has said all that it has to say; resolves with what that was. */
  quiet(): Promise<readonly Heard[]>;
}

/** By what it looks at. */
export type Scenarios = Readonly<Record<string, (stage: Stage) => Promise<void>>>;
