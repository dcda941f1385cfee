import { endpointOf } from '@failover/core';
import { virtualRuntime, type VirtualRuntime } from '@failover/core/virtual';
import { launchEmbedded, type EmbeddedOptions, type EmbeddedTestbed } from './launch-embedded.ts';

export interface VirtualTestbed extends EmbeddedTestbed {
  readonly runtime: VirtualRuntime;
  /** Lets time pass until the promise settles. @throws Error if it does not within `limitMs`, default 10 min */
  until<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
}

export interface VirtualOptions extends Omit<EmbeddedOptions, 'runtime' | 'listen' | 'endpoints'> {
  readonly seed: number;
  /** A world that is there already. */
  readonly runtime?: VirtualRuntime;
}

/** A cluster in virtual time on an in-memory network: minutes in milliseconds, the same for each seed. */
export async function launchVirtual({ seed, ...options }: VirtualOptions): Promise<VirtualTestbed> {
  const runtime = options.runtime ?? virtualRuntime({ seed });
  const heals = new Map<string, () => void>();
  const testbed = await launchEmbedded({
    how: `the embedded double in virtual time, seed ${seed}`,
    ...options,
    runtime,
    listen(endpoint, onConnection) {
      heals.get(endpoint)?.();
      runtime.network.listen(endpoint, onConnection);
      // Not the network's own way to stop: it resets what stands, and a drained node says goodbye first.
      return () => {
        heals.set(endpoint, runtime.network.fault(endpoint, { type: 'refused' }));
      };
    },
    endpoints: Array.from({ length: options.nodes ?? 3 }, (_, at) => endpointOf(`10.0.0.${at + 1}`, 5672)),
  });

  async function until<T>(promise: Promise<T>, limitMs = 600_000): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    promise.then(settled, settled);
    await runtime.until(() => isSettled, limitMs);
    return promise;
  }

  return Object.assign(testbed, { runtime, until });
}
