/** What a program prints, as it happens. */
export type Line =
  | { readonly type: 'ready'; readonly version: string }
  | { readonly type: 'confirmed'; readonly id: string }
  | {
      readonly type: 'consumed';
      readonly id: string;
      readonly redelivered: boolean;
      readonly resent: boolean;
    }
  /** An exception, a close, a cancel or a nack: a failover that reached the application. */
  | { readonly type: 'trouble'; readonly what: string }
  /** The client began to recover by itself. */
  | { readonly type: 'recovery'; readonly what: string }
  | { readonly type: 'ended'; readonly published: number };

/** What an application in another language has seen up to now. */
export interface Seen {
  readonly version: string;
  readonly published: number;
  readonly confirmed: ReadonlySet<string>;
  /** Ids, and how many of the copies that came say of themselves that they may not be the first. */
  readonly consumed: ReadonlyMap<string, Copies>;
  /** The first of them. */
  readonly troubles: readonly string[];
  readonly recoveries: readonly string[];
  /** ms, since the last call, that nothing new was confirmed, and that nothing new came. */
  longestPauses(): { readonly confirmMs: number; readonly consumeMs: number };
}

export interface Copies {
  readonly marked: number;
  readonly unmarked: number;
}

/** One fault may tell each message. */
const maxTroubles = 20;

/** Folds lines as they come. `now` in ms. */
export function createSeen(now: () => number): Seen & { hear(line: Line): void } {
  const confirmed = new Set<string>();
  const consumed = new Map<string, Copies>();
  const troubles: string[] = [];
  const recoveries: string[] = [];
  const [confirming, consuming] = [createPause(now), createPause(now)];
  let version = '';
  let published = 0;

  function copy(id: string, isMarked: boolean): void {
    const before = consumed.get(id);
    if (before === undefined) consuming.over();
    const { marked, unmarked } = before ?? { marked: 0, unmarked: 0 };
    consumed.set(id, isMarked ? { marked: marked + 1, unmarked } : { marked, unmarked: unmarked + 1 });
  }

  return {
    get version() {
      return version;
    },
    get published() {
      return published;
    },
    confirmed,
    consumed,
    troubles,
    recoveries,
    longestPauses: () => ({ confirmMs: confirming.longestMs(), consumeMs: consuming.longestMs() }),
    hear(line) {
      switch (line.type) {
        case 'ready':
          version = line.version;
          return;
        case 'confirmed':
          confirmed.add(line.id);
          confirming.over();
          return;
        case 'consumed':
          copy(line.id, line.redelivered || line.resent);
          return;
        case 'trouble':
          if (troubles.length < maxTroubles) troubles.push(line.what);
          return;
        case 'recovery':
          recoveries.push(line.what);
          return;
        case 'ended':
          published = line.published;
          return;
      }
    },
  };
}

interface Pause {
  over(): void;
  /** Since the last call. */
  longestMs(): number;
}

function createPause(now: () => number): Pause {
  let since = now();
  let longest = 0;
  return {
    over() {
      longest = Math.max(longest, now() - since);
      since = now();
    },
    longestMs() {
      const ms = Math.round(Math.max(longest, now() - since));
      longest = 0;
      since = now();
      return ms;
    },
  };
}
