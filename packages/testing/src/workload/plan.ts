/** What to do next, drawn from the seed alone, so that the same seed asks the same of every client. */
export type PlannedOperation =
  | { readonly f: 'append'; readonly key: string; readonly value: string }
  | { readonly f: 'increment' | 'read' | 'readCounter'; readonly key: string };

/** How often each is drawn, in shares of their sum. */
export interface Mix {
  readonly append: number;
  readonly increment: number;
  readonly read: number;
  readonly readCounter: number;
}

export const defaultMix: Mix = { append: 6, increment: 2, read: 1, readCounter: 1 };

export interface PlanOptions {
  readonly random: () => number;
  readonly worker: number;
  /** Stands in front of each key, so that runs do not meet. */
  readonly prefix: string;
  readonly mix: Mix;
  /** Lists in use at a time, shared by all workers. */
  readonly lists: number;
  readonly counters: number;
  /** A worker moves on to fresh lists after so many appends: a list that is read whole must stay short. */
  readonly appendsPerList: number;
}

/** The operations of one worker. Its values are `worker:number`, and no value comes twice. */
export function planOperations(options: PlanOptions): () => PlannedOperation {
  const { random, worker, prefix, mix, appendsPerList } = options;
  let appends = 0;
  const below = (limit: number): number => Math.floor(random() * limit);
  const list = (): string => `${prefix}list:${Math.floor(appends / appendsPerList)}:${below(options.lists)}`;
  const counter = (): string => `${prefix}counter:${below(options.counters)}`;
  const total = mix.append + mix.increment + mix.read + mix.readCounter;

  return () => {
    const drawn = random() * total;
    if (drawn < mix.append) {
      const planned = { f: 'append', key: list(), value: `${worker}:${appends}` } as const;
      appends += 1;
      return planned;
    }
    if (drawn < mix.append + mix.increment) return { f: 'increment', key: counter() };
    if (drawn < mix.append + mix.increment + mix.read) return { f: 'read', key: list() };
    return { f: 'readCounter', key: counter() };
  };
}
