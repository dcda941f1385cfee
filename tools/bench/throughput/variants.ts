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

/** Those that can run here. */
export function variantStarters(): readonly VariantStarter[] {
  const why = haproxyMissing();
  if (why !== undefined) console.log(`SKIPPED ${HAPROXY}: ${why}`);
  return [direct, ...(why === undefined ? [haproxy] : [])];
}
