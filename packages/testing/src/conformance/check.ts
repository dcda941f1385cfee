import type { Scene } from './scene.ts';

/** One promise of the contract, as a sentence, and how it is proved. Independent of any test runner. */
export interface Check {
  readonly title: string;
  /** Why it cannot be tried on this subject; undefined if it can. */
  skips?<C, R, S>(scene: Scene<C, R, S>): string | undefined;
  /** Rejects if the promise is not kept. Leaves the testbed healthy. */
  run<C, R, S>(scene: Scene<C, R, S>): Promise<void>;
}
