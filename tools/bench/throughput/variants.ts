import { failoverMissing, startFailover } from '../process/failover.ts';
import { haproxyMissing, startHaproxy } from '../process/haproxy.ts';
import type { VariantStarter } from './variant.ts';

export const DIRECT = 'no proxy';
export const HAPROXY = 'haproxy';
export const OURS = 'failover';

const direct: VariantStarter = (_cluster, port) =>
  Promise.resolve({ name: DIRECT, port, [Symbol.asyncDispose]: () => Promise.resolve() });

const haproxy: VariantStarter = async (_cluster, primaryPort) => {
  const proxy = await startHaproxy([`server primary 127.0.0.1:${String(primaryPort)}`]);
  return {
    name: HAPROXY,
    port: proxy.port,
    pid: proxy.pid,
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
};

const ours: VariantStarter = async (cluster) => {
  const proxy = await startFailover(cluster);
  return {
    name: OURS,
    port: proxy.port,
    pid: proxy.pid,
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
};

/** Those that can run here; what is left out is said. */
export function variantStarters(only: readonly string[] | undefined): readonly VariantStarter[] {
  const all = [
    { name: DIRECT, start: direct, why: undefined },
    { name: HAPROXY, start: haproxy, why: haproxyMissing() },
    { name: OURS, start: ours, why: failoverMissing() },
  ];
  return all
    .filter(({ name }) => only?.includes(name) ?? true)
    .filter(({ name, why }) => {
      if (why !== undefined) console.log(`SKIPPED ${name}: ${why}`);
      return why === undefined;
    })
    .map(({ start }) => start);
}
