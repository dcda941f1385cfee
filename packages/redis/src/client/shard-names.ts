import type { Cluster, Runtime } from '@failover/core';
import { NotSentError } from '@failover/core';
import { slotCount } from '../protocol/key-slot.ts';

/** The shards of a Redis Cluster, for clients that want one by its name, or any. */
export interface ShardNames {
  /** All that have slots. */
  all(): readonly string[];
  /** Itself if a shard has this name; undefined if none has. */
  find(name: string): string | undefined;
  /**
   * Any shard, once all slots are known to be served, or some for a second.
   * @throws NotSentError if there is none in time, or after `close`
   */
  wait(): Promise<string>;
  close(): void;
}

/** ms in which the other shards are found, if they can be. */
const othersMs = 1000;

export function createShardNames(
  cluster: Pick<Cluster, 'topology$'>,
  runtime: Pick<Runtime, 'after'>,
  waitMs: number,
): ShardNames {
  const waiting = new Set<{ resolve(shard: string): void; reject(error: Error): void }>();
  let served: readonly string[] = [];
  let isReady = false;
  let cancelOthers: (() => void) | undefined;

  const subscription = cluster.topology$.subscribe(({ targets }) => {
    const all = [...targets.values()].filter(({ ranges = [] }) => ranges.length > 0);
    served = all.map(({ shard }) => shard);
    const slots = all
      .flatMap(({ ranges = [] }) => ranges)
      .reduce((sum, [from, to]) => sum + to - from + 1, 0);
    if (slots === slotCount) ready();
    else if (served.length > 0) cancelOthers ??= runtime.after(othersMs, ready);
  });

  function ready(): void {
    isReady = true;
    const [shard] = served;
    if (shard === undefined) return;
    for (const each of [...waiting]) each.resolve(shard);
  }

  return {
    all: () => served,
    find: (name) => (served.includes(name) ? name : undefined),
    wait() {
      const [shard] = served;
      if (isReady && shard !== undefined) return Promise.resolve(shard);
      return new Promise((resolve, reject) => {
        const cancel = runtime.after(waitMs, () => {
          end();
          reject(new NotSentError(`no shard of the cluster was found in ${waitMs} ms`));
        });
        const each = {
          resolve(found: string) {
            end();
            resolve(found);
          },
          reject(error: Error) {
            end();
            reject(error);
          },
        };
        const end = (): void => {
          cancel();
          waiting.delete(each);
        };
        waiting.add(each);
      });
    },
    close() {
      subscription.unsubscribe();
      cancelOthers?.();
      for (const each of [...waiting])
        each.reject(new NotSentError('Connection is closed.', { code: 'closed' }));
    },
  };
}
